// Golang judges tokens with golang-jwt, and key sets with jwkset: cases from standard input, verdicts to standard
// output.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

type testCase struct {
	Name      string          `json:"name"`
	Token     string          `json:"token"`
	KeySet    json.RawMessage `json:"key_set"`
	Issuer    string          `json:"issuer"`
	Audience  string          `json:"audience"`
	Algorithm string          `json:"algorithm"`
}

type verdict struct {
	Name     string `json:"name"`
	Accepted bool   `json:"accepted"`
	Subject  string `json:"subject,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

func subject(c testCase) (string, error) {
	var set jwkset.JWKSMarshal
	if err := json.Unmarshal(c.KeySet, &set); err != nil {
		return "", err
	}
	keys, err := set.ToStorage()
	if err != nil {
		return "", err
	}
	find := func(token *jwt.Token) (any, error) {
		kid, ok := token.Header["kid"].(string)
		if !ok {
			return nil, fmt.Errorf("the header has no kid")
		}
		key, err := keys.KeyRead(context.Background(), kid)
		if err != nil {
			return nil, err
		}
		return key.Key(), nil
	}
	token, err := jwt.Parse(c.Token, find,
		jwt.WithValidMethods([]string{c.Algorithm}),
		jwt.WithIssuer(c.Issuer),
		jwt.WithAudience(c.Audience),
		jwt.WithExpirationRequired(),
	)
	if err != nil {
		return "", err
	}
	return token.Claims.GetSubject()
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		log.Fatal(err)
	}
	verdicts := make([]verdict, 0, len(cases))
	for _, c := range cases {
		subject, err := subject(c)
		v := verdict{Name: c.Name, Accepted: err == nil, Subject: subject}
		if err != nil {
			v.Reason = err.Error()
		}
		verdicts = append(verdicts, v)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}
