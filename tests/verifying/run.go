// Judges the cases on standard input with the sample beside it; see README.md.
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
)

func main() {
	remembered := map[string]bool{}
	seen := func(id string) (bool, error) {
		before := remembered[id]
		remembered[id] = true
		return before, nil
	}
	input := must(io.ReadAll(os.Stdin))
	for _, line := range strings.Split(string(input), "\n") {
		if line == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		profile, path, secret := fields[0], fields[2], fields[3]
		now := must(strconv.ParseInt(fields[1], 10, 64))
		body := must(base64.StdEncoding.DecodeString(fields[4]))
		headers := http.Header{}
		for _, field := range fields[5:] {
			name, value, _ := strings.Cut(field, "=")
			headers.Set(name, value)
		}
		var err error
		switch profile {
		case "standard":
			err = VerifyStandard(headers, body, secret, seen, now)
		case "body":
			err = VerifyBody(headers, body, secret, seen)
		case "covered":
			err = VerifyCovered(headers, body, path, secret, seen, now)
		default:
			panic("unknown profile " + profile)
		}
		switch {
		case err == nil:
			fmt.Println("ok")
		case errors.Is(err, ErrRefused):
			fmt.Println("refused")
		default:
			panic(err)
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
