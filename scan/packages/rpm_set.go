package packages

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/scan"
)

// maxPackages is how many packages of rpm are told.
const maxPackages = 500_000

// rpmSet are the databases of a target.
type rpmSet []*rpmDatabase

// add adds a database, unless it is one that is there already under another name: one of the usual folders is often a link to another.
func (s *rpmSet) add(t *scan.Tree, file, temp string, most int64) error {
	db, err := copyRPM(t, file, temp, most)
	if err != nil || db == nil {
		return err
	}
	for _, other := range *s {
		if bytes.Equal(other.sum.Sum(nil), db.sum.Sum(nil)) {
			db.close()
			return nil
		}
	}
	*s = append(*s, db)
	return nil
}

func (s rpmSet) close() {
	for _, db := range s {
		db.close()
	}
}

// tell emits the packages. It reads twice: only then it knows of which packages there are several versions, whatever order they come in.
func (s rpmSet) tell(ctx context.Context, t *scan.Tree, emit scan.Emit) error {
	count, left := map[string]int{}, maxPackages
	err := s.each(ctx, func(string, error) {}, func(_ *rpmDatabase, p *Package) error {
		if left--; left < 0 {
			return errEnough
		}
		count[rpmKey(p)]++
		return nil
	})
	if errors.Is(err, errEnough) {
		t.Note(s[0].name, fmt.Errorf("there are more than %d packages; only so many are told", maxPackages))
		err = nil
	}
	if err != nil {
		return err
	}
	told, left := map[string]bool{}, maxPackages
	err = s.each(ctx, t.Note, func(db *rpmDatabase, p *Package) error {
		if left--; left < 0 {
			return errEnough
		}
		key := rpmKey(p)
		if count[key] > 1 {
			key += "=" + p.Version
		}
		if told[key] {
			t.Note(db.name, fmt.Errorf("%s %s is in it a second time", p.Name, p.Version))
			return nil
		}
		told[key] = true
		return emit(key, p)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

var errEnough = errors.New("that is enough")

func rpmKey(p *Package) string { return "rpm/" + p.Name + ":" + p.Arch }

// each calls f for the packages of all databases, and note for what is broken.
func (s rpmSet) each(ctx context.Context, note func(string, error), f func(*rpmDatabase, *Package) error) error {
	for _, db := range s {
		err := db.each(ctx, func(header []byte, err error) error {
			var p *Package
			if err == nil {
				p, err = parseRPM(header)
			}
			if err != nil {
				note(db.name, err)
				return nil
			}
			return f(db, p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
