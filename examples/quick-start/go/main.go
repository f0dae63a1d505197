// The quick start's handler with net/http, as a program.
package main

import "log"

// [quickstart]
import (
	"fmt"
	"net/http"
	"os"

	ginnel "ginnel.example/go"
)

// Made once, since it keeps the application's keys. If it cannot be made, clientError says what to change.
var client, clientError = ginnel.New(os.Getenv("GINNEL_APP_ID"), nil)

func exampleHandler(w http.ResponseWriter, r *http.Request) {
	userID, err := client.AuthenticateRequest(r)
	if err != nil {
		// Nobody is signed in.
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	// The request is this user's.
	fmt.Fprintln(w, userID)
}

// [/quickstart]

func main() {
	if clientError != nil {
		log.Fatal(clientError)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	http.HandleFunc("GET /authenticatedRoute", exampleHandler)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}
