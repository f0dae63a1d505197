// The quick start's app with net/http. This file reads the settings and starts it.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	ginnel "ginnel.example/go"
	"github.com/joho/godotenv"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if err := godotenv.Load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(".env cannot be read (%w); compare it with .env.example", err)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("PORT is %q; set it to a number such as 8080 in .env", port)
	}
	client, err := ginnel.New(os.Getenv("GINNEL_APP_ID"))
	if err != nil {
		return fmt.Errorf(`%w
Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:
  ginnel app create --name "Go example" --auth-origin http://localhost:%s --redirect-url /dashboard`, err, port)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return fmt.Errorf("port %s cannot be used (%w); set another PORT in .env", port, err)
	}
	fmt.Printf("Open http://localhost:%d\n", listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{Handler: newApp(client), ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}
