package surrealtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// admin talks to an engine as root over HTTP, one connection a request, so that
// no goroutine stays behind.
type admin struct {
	base string
	root Credentials

	mu    sync.Mutex // tests that share an engine may run at once
	token string
}

// client keeps no connection.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// sql runs statements and returns the result of each.
func (a *admin) sql(namespace, database, statements string) ([]any, error) {
	token, err := a.signedIn()
	if err != nil {
		return nil, err
	}
	header := http.Header{"Accept": {"application/json"}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if namespace != "" {
		header.Set("Surreal-NS", namespace)
	}
	if database != "" {
		header.Set("Surreal-DB", database)
	}
	var answers []struct {
		Status string
		Result any
	}
	if err := a.post("/sql", header, statements, &answers); err != nil {
		return nil, err
	}
	var results []any
	for i, answer := range answers {
		if answer.Status != "OK" {
			return nil, fmt.Errorf("statement %d: %v", i, answer.Result)
		}
		results = append(results, answer.Result)
	}
	return results, nil
}

// signedIn returns the token of root; nothing where nobody signs in.
func (a *admin) signedIn() (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token != "" || a.root.User == "" {
		return a.token, nil
	}
	err := a.signIn()
	return a.token, err
}

// signIn gets a token: checking a password is made to be slow.
func (a *admin) signIn() error {
	body, err := json.Marshal(map[string]string{"user": a.root.User, "pass": a.root.Password})
	if err != nil {
		return err
	}
	var answer struct{ Token string }
	if err := a.post("/signin", http.Header{"Accept": {"application/json"}}, string(body), &answer); err != nil {
		return err
	}
	a.token = answer.Token
	return nil
}

func (a *admin) post(path string, header http.Header, body string, answer any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, resp.Status, text)
	}
	return json.Unmarshal(text, answer)
}
