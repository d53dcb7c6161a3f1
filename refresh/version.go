package refresh

import (
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// findVersions finds the fields that are versions, and what they are versions of.
func (s *shape) findVersions() error {
	s.versions = map[*field]*field{}
	var errs []error
	for _, v := range s.fields {
		if v.version == (versionOf{}) {
			continue
		}
		of := s.column(v.version.column)
		switch {
		case v.kind != plainField || !slices.Contains(versionTypes, v.codec.typ):
			errs = append(errs, fmt.Errorf("column %q is %s; a version is an integer, a float or a time", v.column, v.codec.typ))
		case v.version.row && s.version != nil:
			errs = append(errs, fmt.Errorf("columns %q and %q are both the version of the row", s.version.column, v.column))
		case v.version.row:
			s.version = v
		case of == nil || of == v || of.key || !of.own() || of.version != versionOf{}:
			errs = append(errs, fmt.Errorf("column %q is the version of %q; the column of another field that is neither key nor version is right", v.column, v.version.column))
		case s.versions[of] != nil:
			errs = append(errs, fmt.Errorf("columns %q and %q are both the version of %q", s.versions[of].column, v.column, of.column))
		default:
			s.versions[of] = v
		}
	}
	return errors.Join(errs...)
}

var versionTypes = []storage.ColumnType{storage.IntType, storage.FloatType, storage.TimeType}

// A staleness is what of a row the database knows a newer version of.
type staleness struct {
	row    bool
	fields []*field
}

func (s staleness) has(f *field) bool { return s.row || slices.Contains(s.fields, f) }

func (s staleness) some() bool { return s.row || len(s.fields) > 0 }

// stale finds what of a row is older than what the database has. A version that is null, as one is that was not said, is
// neither older nor newer.
func (s *state) stale(cells []cell, stored []storage.Value) (out staleness) {
	older := func(v *field) bool {
		brought, known := cells[v.number].value, stored[s.places[v.number][0]]
		return !brought.IsNull() && !known.IsNull() && isOlder(brought, known)
	}
	if s.shape.version != nil && older(s.shape.version) {
		return staleness{row: true}
	}
	for of, v := range s.shape.versions {
		if older(v) {
			out.fields = append(out.fields, of, v)
		}
	}
	return out
}

// isOlder compares versions of one type.
func isOlder(a, b storage.Value) bool {
	switch a.Kind() {
	case storage.FloatKind:
		return a.Float() < b.Float()
	case storage.TimeKind:
		return a.Time().Before(b.Time())
	default:
		return a.Int() < b.Int()
	}
}
