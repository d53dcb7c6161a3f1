package aws

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/reeve-go/reeve/scan"
)

// mostTries is how often an entry of a batch is tried that SQS could not take just now.
const mostTries = 6

// A batched request does something to things of these numbers, and returns to how many it did, and those that were refused. It names each by idOf its
// number.
type batched func(ctx context.Context, of []int) (done int, refused []types.BatchResultErrorEntry, err error)

// inBatch does something to n things in one request, and again to those that were refused by what may pass. It returns what became of each. In the
// requests a thing is named by its number, see idOf.
func inBatch(ctx context.Context, n int, do batched) []error {
	out := make([]error, n)
	of := make([]int, n)
	for i := range of {
		of[i] = i
	}
	for try := 1; len(of) > 0; try++ {
		failed, err := request(ctx, of, do)
		if err != nil {
			for _, i := range of {
				out[i] = err
			}
			return out
		}
		for _, i := range of {
			out[i] = nil
		}
		of = of[:0:0]
		for _, f := range failed {
			i, err := strconv.Atoi(sdk.ToString(f.Id))
			if err != nil || i < 0 || i >= n {
				continue // it was not asked for
			}
			out[i] = &entryError{sdk.ToString(f.Code), sdk.ToString(f.Message)}
			if mayPass(&f) {
				of = append(of, i)
			}
		}
		if len(of) > 0 && (try == mostTries || !pause(ctx, try)) {
			return out
		}
	}
	return out
}

func idOf(i int) *string { return sdk.String(strconv.Itoa(i)) }

// request waits no longer for an answer than that can take. An entry that the answer does not name is not done.
func request(ctx context.Context, of []int, do batched) ([]types.BatchResultErrorEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done, refused, err := do(ctx, of)
	if err == nil && done+len(refused) != len(of) {
		err = fmt.Errorf("the answer is about %d entries; it must be about all %d", done+len(refused), len(of))
	}
	return refused, err
}

// mayPass reports whether an entry was refused for a reason that is not its own.
func mayPass(f *types.BatchResultErrorEntry) bool {
	return !f.SenderFault || strings.Contains(sdk.ToString(f.Code), "Throttl")
}

// pause waits before the next try, longer each time. It is false if the context ended.
func pause(ctx context.Context, try int) bool {
	timer := time.NewTimer(time.Duration(float64(time.Second>>5<<try) * (0.5 + rand.Float64())))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// An entryError is why SQS refused an entry of a batch.
type entryError struct{ code, message string }

func (e *entryError) Error() string { return fmt.Sprintf("%s: %.300s", e.code, e.message) }

// lost says of what was done with a handle whether the message is not this receiver's any more. What else could be invalid about it was checked before.
func lost(err error) error {
	var code string
	if said, ok := errors.AsType[smithy.APIError](err); ok {
		code = said.ErrorCode()
	} else if e, ok := errors.AsType[*entryError](err); ok {
		code = e.code
	}
	switch code[strings.LastIndexByte(code, '.')+1:] { // the older names have a prefix
	case "ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue", "InvalidParameterValueException":
		return fmt.Errorf("%w: %w", scan.ErrLeaseLost, err)
	}
	return err
}
