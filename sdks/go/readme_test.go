package ginnel_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestREADMECodeIsCompiled holds every block of Go in the README against the examples, which are compiled and run.
func TestREADMECodeIsCompiled(t *testing.T) {
	readme, examples := string(must(os.ReadFile("README.md"))), trimLines(string(must(os.ReadFile("example_test.go"))))
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(blocks) < 6 {
		t.Fatalf("there are only %d blocks of Go in the README", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(examples, trimLines(block[1])) {
			t.Errorf("not in example_test.go:\n%s", block[1])
		}
	}
}

// trimLines takes the white space around each line away: blocks are less indented, and gofmt aligns comments.
func trimLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for index, line := range lines {
		lines[index] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "\n")
}
