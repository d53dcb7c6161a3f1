package nats

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// nameOf is what stands for a digest in the subject of an object.
func nameOf(d scan.Digest) string { return base64.URLEncoding.EncodeToString([]byte(d)) }

// An object is what is stored about a blob.
type object struct {
	jetstream.ObjectInfo

	seq uint64
	at  time.Time
}

// validNUID is what the chunks of an object have in their subject. Anything else could be about all of them.
var validNUID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// objectOf reads what is stored about an object; it is false if that is none, or is a sign that one was deleted.
func objectOf(data []byte, seq uint64, at time.Time) (object, bool) {
	o := object{seq: seq, at: at}
	err := json.Unmarshal(data, &o.ObjectInfo)
	return o, err == nil && !o.Deleted && validNUID.MatchString(o.NUID)
}

// blob returns what is stored about a blob; see look.
func (b *Blobs) blob(ctx context.Context, d scan.Digest) (object, error) {
	return b.look(ctx, b.metaSubject(nameOf(d)))
}

// look returns what is stored about an object; seq is zero if there is nothing, and NUID is empty if there is no object.
func (b *Blobs) look(ctx context.Context, subject string) (object, error) {
	raw, err := lastOf(ctx, b.stream, subject)
	if err != nil || raw.Sequence == 0 {
		return object{}, err
	}
	o, ok := objectOf(raw.Data, raw.Sequence, raw.Time)
	if !ok {
		return object{seq: raw.Sequence}, nil
	}
	return o, nil
}
