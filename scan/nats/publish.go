package nats

import (
	"context"
	"errors"
	"slices"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// publish has a stream keep a message. In a cluster another message of the same subject can be on its way, of which nobody knows yet whether it
// will be kept: it asks again until that is known.
func publish(ctx context.Context, js jetstream.JetStream, msg *natsio.Msg, o ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	for {
		ack, err := js.PublishMsg(ctx, msg, o...)
		if !isUndecided(err) {
			return ack, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(undecidedWait):
		}
	}
}

const undecidedWait = 20 * time.Millisecond

// isUndecided reports whether a subject may or may not have another message soon.
func isUndecided(err error) bool {
	return hasCode(err, jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// isConflict reports whether a subject has had another message meanwhile.
func isConflict(err error) bool { return hasCode(err, jetstream.JSErrCodeStreamWrongLastSequence) }

func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && slices.Contains(codes, api.ErrorCode)
}
