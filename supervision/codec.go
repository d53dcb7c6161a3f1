package supervision

import (
	"encoding/json"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// A Codec turns a kind's data into bytes and back. It must be safe for concurrent use. A host that
// wants its data encrypted at rest does it here.
type Codec interface {
	// Marshal returns the form in which v is stored.
	Marshal(v any) ([]byte, error)
	// Unmarshal fills v, a pointer, from what Marshal returned.
	Unmarshal(data []byte, v any) error
}

// JSON is the default codec: encoding/json.
type JSON struct{}

// Marshal implements [Codec].
func (JSON) Marshal(v any) ([]byte, error) { return json.Marshal(v) }

// Unmarshal implements [Codec].
func (JSON) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

// decode reads a record's data, of this program's version or of an older one.
func (k *Kind[T, S, E]) decode(r *storage.Record) (*T, error) {
	data := new(T)
	if len(r.Data) == 0 {
		return data, nil
	}
	if r.DataVersion != k.options.DataVersion {
		return k.upgrade(r)
	}
	if err := k.options.Codec.Unmarshal(r.Data, data); err != nil {
		return nil, fmt.Errorf("%w of version %d: %w", ErrData, r.DataVersion, err)
	}
	return data, nil
}

func (k *Kind[T, S, E]) encode(data *T) ([]byte, error) {
	b, err := k.options.Codec.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be written: %w", ErrData, err)
	}
	return b, nil
}
