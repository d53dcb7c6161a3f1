package nats

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// delayHeader says for how long a message is kept back from when the server had it.
const delayHeader = "Reeve-Delay"

// sendAtOnce is how many messages are under way to the server at a time.
const sendAtOnce = 256

// Send implements [scan.Queue]. Messages go out without waiting for one another, and it returns when the server has all of them.
func (q *Queue) Send(ctx context.Context, messages ...scan.Message) error {
	for i := range messages {
		if err := q.sendable(&messages[i]); err != nil {
			return q.failed("send", err)
		}
	}
	ctx, cancel := q.bounded(ctx)
	defer cancel()
	for some := range slices.Chunk(messages, sendAtOnce) {
		if err := q.send(ctx, some); err != nil {
			return q.failed("send", err)
		}
	}
	return nil
}

func (q *Queue) sendable(m *scan.Message) error {
	switch most := q.maxBody(); {
	case m.Key == "" || len(m.Key) > maxKey:
		return fmt.Errorf("the key %.50q has %d bytes; 1 to %d are right", m.Key, len(m.Key), maxKey)
	case len(m.Body) > most:
		return fmt.Errorf("message %.100q: the body has %d bytes; this server takes at most %d (its max_payload, less %d)", m.Key, len(m.Body), most, beside)
	}
	return nil
}

func (q *Queue) send(ctx context.Context, messages []scan.Message) error {
	sent := make([]jetstream.PubAckFuture, len(messages))
	for i, m := range messages {
		msg := natsio.NewMsg(q.todoSubject(tokenOf(m.Key)))
		if msg.Data = m.Body; m.Delay > 0 {
			msg.Header.Set(delayHeader, m.Delay.String())
		}
		var err error
		if sent[i], err = q.js.PublishMsgAsync(msg, jetstream.WithExpectLastSequencePerSubject(0)); err != nil {
			return err
		}
	}
	for i, future := range sent {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			if !isConflict(err) { // it is in the queue
				return fmt.Errorf("message %.100q: %w", messages[i].Key, err)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// isConflict reports whether a subject has had another message meanwhile.
func isConflict(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// delayOf returns for how long a message is kept back in all.
func delayOf(header natsio.Header) time.Duration {
	delay, err := time.ParseDuration(header.Get(delayHeader))
	if err != nil {
		return 0
	}
	return delay
}

// tokenOf returns what stands for a key in a subject, where few characters are allowed.
func tokenOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// keyOf returns the key that a token stands for. What no queue has sent is its own key.
func keyOf(token string) string {
	key, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return token
	}
	return string(key)
}
