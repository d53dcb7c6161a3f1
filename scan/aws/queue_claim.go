package aws

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A claim is what a message has instead of its body, when that is with the bodies. What is kept there begins with a line of its own, so that each
// message that was sent has a blob that is nobody else's, which can go with it.
type claim struct {
	Digest scan.Digest `json:"digest"`
	Size   int64       `json:"size"`
}

// errUnreadable: the message can be read by nobody, so it is buried.
var errUnreadable = errors.New("the message cannot be read")

// deposit keeps a body, and returns the claim on it in its place.
func (q *Queue) deposit(ctx context.Context, key string, body []byte) (parcel, error) {
	line := rand.Text() + "\n"
	d, n, err := q.o.Bodies.Put(ctx, io.MultiReader(bytes.NewReader([]byte(line)), bytes.NewReader(body)))
	if err != nil {
		return parcel{}, err
	}
	text, err := json.Marshal(claim{d, n})
	return parcel{key, string(text), inBodies}, err
}

// decodeClaim reads a claim, which may come from anybody.
func decodeClaim(text string) (claim, error) {
	var c claim
	if len(text) > 1<<10 {
		return c, fmt.Errorf("%w: the claim on its body has %d bytes; at most 1024 are right", errUnreadable, len(text))
	}
	err := json.Unmarshal([]byte(text), &c)
	if err == nil {
		err = c.Digest.Check()
	}
	if err == nil && (c.Size < 1 || c.Size > mostBody) {
		err = fmt.Errorf("it is about %d bytes; 1 to %d are right", c.Size, mostBody)
	}
	if err != nil {
		return claim{}, fmt.Errorf("%w: the claim on its body is none: %w", errUnreadable, err)
	}
	return c, nil
}

// body returns the body of a message, wherever it is. With errUnreadable nobody will ever have it; other errors may pass.
func (q *Queue) body(ctx context.Context, p *parcel) ([]byte, error) {
	if p.encoding != inBodies {
		return p.unpack()
	}
	all, err := q.fetch(ctx, p)
	if err != nil {
		return nil, err
	}
	_, body, ok := bytes.Cut(all, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%w: what is kept as its body has no first line", errUnreadable)
	}
	return body, nil
}

// fetch returns the blob that a claim is about.
func (q *Queue) fetch(ctx context.Context, p *parcel) ([]byte, error) {
	c, err := decodeClaim(p.body)
	if err != nil {
		return nil, err
	}
	if q.o.Bodies == nil {
		return nil, fmt.Errorf("%w: its body is kept elsewhere, and the queue has no Bodies", errUnreadable)
	}
	r, err := q.o.Bodies.Open(ctx, c.Digest)
	if err != nil {
		return nil, unreadableIfGone(err)
	}
	defer r.Close() //nolint:errcheck // it was read to its end, or is of no use
	all, err := io.ReadAll(io.LimitReader(r, c.Size+1))
	if err != nil {
		return nil, unreadableIfGone(err)
	}
	if int64(len(all)) != c.Size {
		return nil, fmt.Errorf("%w: what is kept as its body has not the %d bytes of the claim", errUnreadable, c.Size)
	}
	return all, nil
}

func unreadableIfGone(err error) error {
	if errors.Is(err, scan.ErrNoBlob) {
		return fmt.Errorf("%w: its body is gone: the message was acked before, or its sender has other Bodies: %w", errUnreadable, err)
	}
	if errors.Is(err, scan.ErrCorrupt) {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return err
}

// renew keeps a body for as long again as if it were new, for a message that is sent once more. That it is gone is for others to find.
func (q *Queue) renew(ctx context.Context, p *parcel) error {
	if p.encoding != inBodies {
		return nil
	}
	all, err := q.fetch(ctx, p)
	if err == nil {
		_, _, err = q.o.Bodies.Put(ctx, bytes.NewReader(all))
	}
	if errors.Is(err, errUnreadable) {
		return nil
	}
	return err
}

// discard removes the body of a message that is gone. If that fails, Collect does it one day.
func (q *Queue) discard(ctx context.Context, p *parcel) {
	if p.encoding != inBodies || q.o.Bodies == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if c, err := decodeClaim(p.body); err == nil {
		_ = q.o.Bodies.Delete(ctx, c.Digest)
	}
}

// Collect removes the bodies that no message can have any more, of this queue and of all others whose Bodies are the same: they are older
// than SQS keeps any message. It returns how many they were. A message takes its body along when it is acked; what is left are those of messages that
// were sent and not told so, that nobody wanted for days, or whose receiver was killed at the wrong moment. A lifecycle rule
// of the bucket that expires what is older than 15 days under the prefix of the Bodies does the same.
func (q *Queue) Collect(ctx context.Context) (int, error) {
	if q.o.Bodies == nil {
		return 0, nil
	}
	before := time.Now().Add(-mostKept - 24*time.Hour)
	n := 0
	for b, err := range q.o.Bodies.List(ctx) {
		if err == nil && b.At.Before(before) {
			if err = q.o.Bodies.Delete(ctx, b.Digest); err == nil {
				n++
			}
		}
		if err != nil {
			return n, q.failed("collect bodies", err)
		}
	}
	return n, nil
}
