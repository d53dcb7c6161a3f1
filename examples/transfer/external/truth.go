package external

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A truth is all that the provisioner knows, in a file. What was changed is in the file before anybody is told.
type truth struct {
	file string

	mu   sync.Mutex
	data contents
}

type contents struct {
	Buckets map[string]*Bucket `json:"buckets"`
	Counts  Counts             `json:"counts"`
}

// Counts say how often something happened.
type Counts struct {
	// Calls are all that were understood. Busy were sent away untouched, Broken were carried out and answered with an error, Cut
	// were carried out and not answered.
	Calls  int `json:"calls"`
	Busy   int `json:"busy"`
	Broken int `json:"broken"`
	Cut    int `json:"cut"`
	// Told are the callbacks that were taken, Dropped those that were never sent, Twice those that were sent twice. Early came before
	// the answer to the call itself, Late long after the bucket was ready. TooLate were refused, because it was known already.
	Told    int `json:"told"`
	Dropped int `json:"dropped"`
	Twice   int `json:"twice"`
	Early   int `json:"early"`
	Late    int `json:"late"`
	TooLate int `json:"too_late"`
}

func readTruth(folder string) (*truth, error) {
	t := &truth{file: filepath.Join(folder, "buckets.json"), data: contents{Buckets: map[string]*Bucket{}}}
	text, err := os.ReadFile(t.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil
	case err != nil:
		return nil, err
	}
	return t, json.Unmarshal(text, &t.data)
}

// change has f change what is known. If f says that it did, it is written.
func (t *truth) change(f func(c *contents) bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !f(&t.data) {
		return nil
	}
	text, err := json.MarshalIndent(&t.data, "", "  ")
	if err != nil {
		return err
	}
	fresh := t.file + ".new"
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, t.file)
}

// count counts something.
func (t *truth) count(f func(c *Counts)) {
	_ = t.change(func(c *contents) bool { // a number is not worth an error
		f(&c.Counts)
		return true
	})
}
