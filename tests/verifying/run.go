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
	input := must(io.ReadAll(os.Stdin))
	for _, line := range strings.Split(string(input), "\n") {
		if line == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		profile, path, secret, prefix := fields[0], fields[2], fields[3], fields[4]
		now := must(strconv.ParseInt(fields[1], 10, 64))
		body := must(base64.StdEncoding.DecodeString(fields[5]))
		headers := http.Header{}
		for _, field := range fields[6:] {
			name, value, _ := strings.Cut(field, "=")
			headers.Set(name, value)
		}
		var err error
		switch profile {
		case "standard":
			err = VerifyStandard(headers, body, secret, now)
		case "body":
			err = VerifyBody(headers, body, secret, prefix)
		case "covered":
			err = VerifyCovered(headers, body, path, secret, prefix, now)
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
