package nats

import (
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Codes of errors that the server has no more room, which the library does not name.
const (
	accountFull   jetstream.ErrorCode = 10002
	noResources   jetstream.ErrorCode = 10023
	memoryFull    jetstream.ErrorCode = 10028
	storageFull   jetstream.ErrorCode = 10047
	streamRefuses jetstream.ErrorCode = 10077
)

// roomFor says what would be right where there is no more room.
func roomFor(err error) error {
	if !isFull(err) {
		return err
	}
	return fmt.Errorf("%w (there is no room for it; a stream, an account or a server with higher limits is right)", err)
}

func isFull(err error) bool {
	return hasCode(err, accountFull, noResources, memoryFull, storageFull, streamRefuses)
}
