package ginnel

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Strict readers: one text for one sequence of bytes, so that a token cannot be written in two ways, and JSON as its
// standard has it. The standard library alone is more lenient: its base64 skips line breaks, and its JSON takes bytes
// that are no UTF-8, halves of surrogate pairs and, for the fields of a struct, names in any case. Hence maps here, where
// names are exact.

// decodeBase64url reads base64url without padding (RFC 7515, section 2); false when the text is not canonical.
func decodeBase64url(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, false // and not what stands in front of the fault
	}
	return decoded, true
}

// object is a JSON object whose members are read when they are asked for. Of members with one name the last counts.
type object map[string]json.RawMessage

// readObject reads a JSON object. The message of its error completes a sentence that begins "the answer …".
func readObject(data []byte) (object, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("is not UTF-8")
	}
	var members object
	// null is no error to Unmarshal, and leaves the map nil.
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return nil, errors.New("is not one JSON object")
	}
	if hasHalfPair(data) {
		return nil, errors.New("has half a surrogate pair")
	}
	return members, nil
}

// escapes finds each escape of a JSON text: a whole surrogate pair, half of one (the group), or any other.
var escapes = regexp.MustCompile(`\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)`)

// hasHalfPair tells whether a JSON text escapes half a character. Unmarshal puts U+FFFD in its place, and two users
// whose ids differ only there would become one.
func hasHalfPair(data []byte) bool {
	if !bytes.Contains(data, []byte(`\u`)) {
		return false
	}
	for _, match := range escapes.FindAllSubmatchIndex(data, -1) {
		if match[2] >= 0 {
			return true
		}
	}
	return false
}

// has tells whether there is a member of this name, null included.
func (o object) has(name string) bool {
	_, found := o[name]
	return found
}

// text gives a member that is a string.
func (o object) text(name string) (string, bool) { return readText(o[name]) }

func readText(value json.RawMessage) (string, bool) {
	if !bytes.HasPrefix(value, []byte(`"`)) {
		return "", false
	}
	var text string
	err := json.Unmarshal(value, &text)
	return text, err == nil
}

// list gives a member that is a list.
func (o object) list(name string) ([]json.RawMessage, bool) {
	if !bytes.HasPrefix(o[name], []byte("[")) {
		return nil, false
	}
	var list []json.RawMessage
	err := json.Unmarshal(o[name], &list)
	return list, err == nil
}

// texts gives a member that is a list of strings only.
func (o object) texts(name string) ([]string, bool) {
	list, ok := o.list(name)
	if !ok {
		return nil, false
	}
	texts := make([]string, len(list))
	for index, value := range list {
		if texts[index], ok = readText(value); !ok {
			return nil, false
		}
	}
	return texts, true
}

// number gives a member that is a finite number.
func (o object) number(name string) (float64, bool) {
	value := o[name]
	if len(value) == 0 || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return 0, false
	}
	// What is too large for a float is infinite, and an error.
	number, err := strconv.ParseFloat(string(value), 64)
	return number, err == nil && !math.IsInf(number, 0)
}
