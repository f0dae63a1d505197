// Command bench prints how many tokens one core checks in a second, for each algorithm:
//
//	go run ./bench          a table
//	go run ./bench --json   one line of JSON
//
// The best of several rounds counts: the others tell more about the machine.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"time"

	ginnel "ginnel.example/go"
	"ginnel.example/go/ginneltest"
)

const (
	rounds = 5
	checks = 4000
)

type figures struct {
	PerSecond int `json:"ginnel_per_second"`
}

func main() {
	asJSON := flag.Bool("json", false, "print one line of JSON")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	results := map[ginnel.Algorithm]figures{}
	for _, algorithm := range []ginnel.Algorithm{ginnel.RS256, ginnel.ES256, ginnel.EdDSA} {
		best, err := measure(algorithm)
		if err != nil {
			log.Fatal(err)
		}
		results[algorithm] = figures{int(best)}
		if !*asJSON {
			fmt.Printf("%s  %6.0f checks a second\n", algorithm, best)
		}
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
			log.Fatal(err)
		}
	}
}

// measure gives the checks a second in the best round.
func measure(algorithm ginnel.Algorithm) (float64, error) {
	issuer := ginneltest.NewIssuer(ginneltest.WithAlgorithm(algorithm))
	// Several tokens, as no server sees the same one each time.
	tokens := make([]string, 64)
	for index := range tokens {
		tokens[index] = issuer.Token(ginneltest.ForUser(fmt.Sprint("user ", index)))
	}
	best := 0.0
	for range rounds {
		started := time.Now()
		for check := range checks {
			if _, err := issuer.Client.ValidateToken(context.Background(), tokens[check%len(tokens)]); err != nil {
				return 0, err
			}
		}
		best = max(best, checks/time.Since(started).Seconds())
	}
	return best, nil
}
