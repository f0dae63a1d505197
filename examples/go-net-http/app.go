package main

import (
	"encoding/json"
	"log"
	"net/http"
	"net/url"
	"os"

	ginnel "ginnel.example/go"
)

// newApp gives the whole site: a login page, a dashboard for signed-in users, and the page for everybody who is not.
func newApp(client *ginnel.Client) http.Handler {
	mux := http.NewServeMux()
	// In the folder above, and so found when the app is started in its own folder.
	shared := http.FileServerFS(os.DirFS("../shared/public"))
	mux.Handle("GET /public/", http.StripPrefix("/public/", shared))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writePage(w, http.StatusOK, "login", page{Title: "Sign in", Ginnel: client})
	})

	// A page: who is not signed in goes to the unauthorized page, which refreshes the token and comes back.
	toUnauthorized := func(w http.ResponseWriter, r *http.Request, err *ginnel.Error) {
		w.Header().Set("Cache-Control", "no-store")
		query := "?return=" + url.QueryEscape(r.URL.RequestURI()) + "&reason=" + string(err.Code)
		http.Redirect(w, r, "/unauthorized"+query, http.StatusFound)
	}
	requirePageUser := client.Guard(ginnel.OnRefused(toUnauthorized), ginnel.OnFailure(writeFailurePage))
	mux.Handle("GET /dashboard", requirePageUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		userID := ginnel.UserID(r.Context())
		writePage(w, http.StatusOK, "dashboard", page{Title: "Dashboard", Ginnel: client, UserID: userID})
	})))

	// A call by a script: 401 says it all.
	requireUser := client.Guard(ginnel.OnFailure(writeFailure))
	mux.Handle("GET /api/me", requireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, map[string]string{"userID": ginnel.UserID(r.Context())})
	})))

	mux.HandleFunc("GET /unauthorized", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		writePage(w, http.StatusUnauthorized, "unauthorized", page{Title: "Please sign in", Ginnel: client})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writePage(w, http.StatusNotFound, "error", page{Title: "Sorry", Sentence: "There is no such page."})
	})
	return withHeaders(client.URL(), mux)
}

// withHeaders lets scripts come from here and from Ginnel, and talk to these two only.
func withHeaders(ginnelURL string, next http.Handler) http.Handler {
	policy := "default-src 'self'; script-src 'self' " + ginnelURL + "; connect-src 'self' " + ginnelURL + "; " +
		"style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "same-origin")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// writeFailurePage is for what is not the visitor's fault: the log has the reason, the page has none.
func writeFailurePage(w http.ResponseWriter, _ *http.Request, err *ginnel.Error) {
	log.Print(err)
	sentence := "Something went wrong on this server."
	if err.Code == ginnel.CodeKeysUnavailable {
		sentence = "Sign-ins cannot be checked at the moment. Please try again in a minute."
	}
	w.Header().Set("Cache-Control", "no-store")
	writePage(w, err.Status, "error", page{Title: "Sorry", Sentence: sentence})
}

func writeFailure(w http.ResponseWriter, _ *http.Request, err *ginnel.Error) {
	log.Print(err)
	ginnel.WriteError(w, err)
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}
