// A webhook receiver with net/http: verify, then work, then remember. Run: go run verify.go receiver.go
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func verify(r *http.Request, body []byte) error {
	secret, prefix := os.Getenv("WEBHOOK_SECRET"), setting("WEBHOOK_PREFIX", "X-Webhook")
	now := time.Now().Unix()
	switch setting("WEBHOOK_PROFILE", "standard") {
	case "body":
		return VerifyBody(r.Header, body, secret, prefix)
	case "covered":
		return VerifyCovered(r.Header, body, r.URL.EscapedPath(), secret, prefix, now)
	default:
		return VerifyStandard(r.Header, body, secret, now)
	}
}

// Your work. It may fail: then the webhook comes again.
func work(body []byte) error {
	file, err := os.OpenFile(setting("INBOX", ".")+"/events.jsonl", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintf(file, "%s\n", body); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// Which events are done. In earnest this is a table with a unique key, written in the transaction of the work.
var (
	done       = map[string]bool{}
	oneAtATime sync.Mutex
)

func workOnce(body []byte) error {
	var event struct{ ID string }
	if err := json.Unmarshal(body, &event); err != nil {
		return err
	}
	oneAtATime.Lock()
	defer oneAtATime.Unlock()
	if done[event.ID] {
		return nil
	}
	if err := work(body); err != nil {
		return err
	}
	done[event.ID] = true
	return nil
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = verify(r, body)
	}
	if err == nil {
		err = workOnce(body)
	}
	switch {
	case errors.Is(err, ErrRefused):
		http.Error(w, err.Error(), http.StatusUnauthorized)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:"+setting("PORT", "9000"), http.HandlerFunc(receive)))
}
