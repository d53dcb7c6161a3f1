package scan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A launchRecord is what is remembered of a token. It is written when its process runs, and again when it is terminated.
type launchRecord struct {
	Token      string    `json:"token"`
	ID         string    `json:"id,omitempty"`
	Terminated bool      `json:"terminated,omitempty"`
	At         time.Time `json:"at"`
}

func (r *launchRecord) instance(gone bool) Instance {
	return Instance{Token: r.Token, ID: r.ID, Gone: gone}
}

const recordSuffix = ".json"

// file returns where a token's record is; tokens may have any characters.
func (p *Processes) file(token string) string {
	name := strings.TrimPrefix(string(DigestOf([]byte(token))), "sha256:")
	return filepath.Join(p.dir, name+recordSuffix)
}

func (p *Processes) read(token string) (r launchRecord, known bool, err error) {
	return readRecord(p.file(token))
}

func readRecord(file string) (r launchRecord, known bool, err error) {
	body, err := os.ReadFile(file) //nolint:gosec // the name is the launcher's own
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &r)
	}
	if err != nil {
		return r, false, fmt.Errorf("the record %s: %w", file, err)
	}
	return r, true, nil
}

// write keeps a record, all of it or nothing, also when the machine crashes. Only who has the lock writes.
func (p *Processes) write(r *launchRecord) (err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(p.dir, "record.tmp"))
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), p.file(r.Token)); err != nil {
		return err
	}
	dir, err := os.Open(p.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// records returns all that is remembered.
func (p *Processes) records() ([]launchRecord, error) {
	files, err := os.ReadDir(p.dir)
	if err != nil {
		return nil, err
	}
	var out []launchRecord
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), recordSuffix) {
			continue
		}
		r, known, err := readRecord(filepath.Join(p.dir, file.Name()))
		if err != nil {
			return nil, err
		}
		if known {
			out = append(out, r)
		}
	}
	return out, nil
}

// forget forgets a token whose time has come.
func (p *Processes) forget(token string) error { return os.Remove(p.file(token)) }
