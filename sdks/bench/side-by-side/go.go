// Token checks a second of both clients in one process: MATERIAL is the program's argument.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"ginnel.example/go"
	"github.com/passageidentity/passage-go/v2"
)

type material struct {
	AppID   string          `json:"app_id"`
	Issuer  string          `json:"issuer"`
	JWKS    json.RawMessage `json:"jwks"`
	Tokens  []string        `json:"tokens"`
	Rounds  int             `json:"rounds"`
	Checks  int             `json:"checks"`
	Passage struct {
		Host        string `json:"host"`
		Port        int    `json:"port"`
		Certificate string `json:"certificate"`
	} `json:"passage"`
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	var m material
	must(json.Unmarshal(text, &m))

	// Passage's client has its server's address built in: whatever this process asks of any server goes to the stand-in.
	certificate, err := os.ReadFile(m.Passage.Certificate)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	transport := http.DefaultTransport.(*http.Transport)
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: m.Passage.Host}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", m.Passage.Port))
	}

	keys, err := ginnel.StaticKeySet(m.JWKS)
	must(err)
	ours, err := ginnel.New(m.AppID, ginnel.WithIssuer(m.Issuer), ginnel.WithKeySet(keys))
	must(err)
	theirs, err := passage.New(m.AppID, "not used")
	must(err)
	names := []string{"ginnel", "passage"}
	clients := map[string]func(string) (string, error){
		"ginnel": func(token string) (string, error) {
			claims, err := ours.ValidateToken(context.Background(), token)
			if err != nil {
				return "", err
			}
			return claims.Subject, nil
		},
		"passage": theirs.Auth.ValidateJWT,
	}

	best := map[string]int{}
	forged := m.Tokens[0][:len(m.Tokens[0])-8] + "AAAAAAAA"
	for _, name := range names {
		if user, err := clients[name](m.Tokens[0]); err != nil || user != "user 0" {
			log.Fatalf("%s gave another user: %q, %v", name, user, err)
		}
		if _, err := clients[name](forged); err == nil {
			log.Fatalf("%s accepted a forged token", name)
		}
	}
	for range m.Rounds {
		for _, name := range names {
			started := time.Now()
			for turn := range m.Checks {
				_, err := clients[name](m.Tokens[turn%len(m.Tokens)])
				must(err)
			}
			perSecond := float64(m.Checks) / time.Since(started).Seconds()
			best[name] = max(best[name], int(perSecond))
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(best))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
