package legacy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Objects are the bucket that agents put their results and heartbeats into, as [Bridge] needs it. It is safe for concurrent use.
type Objects interface {
	// Get returns what is under a key. If there is nothing it is [ErrNoObject].
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete removes what is under a key; if there is nothing, that is no error.
	Delete(ctx context.Context, key string) error
	// List yields what is under the keys that begin with a prefix. The sequence ends with the first error.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
}

// An Object is an entry of a list.
type Object struct {
	Key string
	// Modified is when it was put, by the clock of the bucket.
	Modified time.Time
}

// ErrNoObject: there is nothing under that key.
var ErrNoObject = errors.New("no such object")

// Where agents put what.
const (
	// ResultPrefix and the id of a request's message are the key of its [ReplyObject].
	ResultPrefix = "extract/queue-reply/"
	// HeartbeatPrefix and the id of an instance are the key of an agent's heartbeat. What is in it does not matter; when it was put does.
	HeartbeatPrefix = "extract/heartbeat/"
)

// resultKey returns where the result of a request is. The id is a name, and leads nowhere else.
func resultKey(request string) (string, error) {
	if strings.ContainsAny(request, `/\`) || request == "." || request == ".." {
		return "", fmt.Errorf("request_id: it is %s; a name without / and \\ is right", quote(request))
	}
	return ResultPrefix + request, nil
}

// readObject returns all of an object, if that is not too much.
func readObject(ctx context.Context, o Objects, key string) ([]byte, error) {
	r, err := o.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, MaxObject+1))
	if errClose := r.Close(); err == nil {
		err = errClose
	}
	return content, err // one that is too large is refused by its decoder
}
