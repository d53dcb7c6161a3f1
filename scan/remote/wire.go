package remote

import (
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// What goes over the wire, as JSON. All times are spans, in nanoseconds: no clock is compared with another.
type (
	enrolment struct {
		Token string `json:"token"`
		// Key is the agent's public key, and Proof shows that it has the private one.
		Key   []byte `json:"key"`
		Proof []byte `json:"proof"`
	}
	renewal struct {
		Proof []byte `json:"proof"`
	}
	// A grant is a credential, which is good for so long.
	grant struct {
		Name       string        `json:"name"`
		Instance   string        `json:"instance"`
		Credential string        `json:"credential"`
		For        time.Duration `json:"for"`
	}

	// A poll asks for requests. One that is sent again, as its answer was lost, has the operation of the first, and is answered as that was.
	poll struct {
		Operation string        `json:"operation"`
		Most      int           `json:"most"`
		Lease     time.Duration `json:"lease"`
	}
	// Polled says for how long it had waited when it was answered; what is left of each lease counts from then.
	polled struct {
		Waited     time.Duration `json:"waited"`
		Deliveries []delivered   `json:"deliveries,omitempty"`
	}
	delivered struct {
		ID      string        `json:"id"`
		Key     string        `json:"key"`
		Body    []byte        `json:"body"`
		Attempt int           `json:"attempt"`
		Left    time.Duration `json:"left"`
	}

	// A settling says what becomes of a delivery.
	settling struct {
		Operation string        `json:"operation"`
		Lease     time.Duration `json:"lease,omitempty"`
		After     time.Duration `json:"after,omitempty"`
		Reason    string        `json:"reason,omitempty"`
	}
	settled struct {
		Left time.Duration `json:"left,omitempty"`
	}

	reports struct {
		Progress []scan.Progress `json:"progress"`
	}
	directives struct {
		Directives []scan.Directive `json:"directives"`
	}
	ordered struct {
		Order scan.Order `json:"order"`
	}

	// Uploaded says how many bytes of a blob have come, and whether it is kept now.
	uploaded struct {
		Offset int64 `json:"offset"`
		Kept   bool  `json:"kept,omitempty"`
	}
	nothing struct{}
)

// headerDigest is the header with the digest of the part that is the body.
const headerDigest = "Reeve-Digest"

// What is signed, so that what was signed for one thing is good for no other.
func signedEnrolment(token string) []byte    { return []byte("reeve enrol 1\n" + token) }
func signedRenewal(credential string) []byte { return []byte("reeve renew 1\n" + credential) }

// A Code says what sort of refusal an [Error] is. They stay the same from version to version.
type Code string

// The codes.
const (
	// CodeRefused: the token or the credential is not good, or not any more.
	CodeRefused Code = "refused"
	// CodeUsed: the token was good, and another has used it.
	CodeUsed Code = "token_used"
	// CodeForbidden: it is about what this agent has not been given.
	CodeForbidden Code = "forbidden"
	// CodeNotFound: there is no such thing, or it is another agent's.
	CodeNotFound Code = "not_found"
	// CodeLost: the lease on the delivery is lost, or it was settled.
	CodeLost Code = "lease_lost"
	// CodeOffset: a part does not go on where the upload is.
	CodeOffset Code = "offset"
	// CodeDigest: bytes are not those of their digest.
	CodeDigest Code = "digest"
	// CodeInvalid: it makes no sense.
	CodeInvalid Code = "invalid"
	// CodeTooLarge: it is larger than may be, or there is no room for it.
	CodeTooLarge Code = "too_large"
	// CodeBusy: the agent asks for too much at once.
	CodeBusy Code = "busy"
	// CodeUnavailable: the server cannot do it now.
	CodeUnavailable Code = "unavailable"
)

// An Error is a server's refusal. It is [ErrRefused] if the agent has to be enrolled anew, and [scan.ErrLeaseLost] if a delivery is not its own (any more).
type Error struct {
	Status int    `json:"-"`
	Code   Code   `json:"code"`
	Text   string `json:"text"`
	// After is when another try can be of use, if the server knows.
	After time.Duration `json:"after,omitempty"`
}

// Error says what was refused and why.
func (e *Error) Error() string { return fmt.Sprintf("%s (%s)", e.Text, e.Code) }

// Is makes it comparable with the errors of this package and of package scan.
func (e *Error) Is(target error) bool {
	switch e.Code {
	case CodeRefused, CodeUsed:
		return target == ErrRefused
	case CodeLost:
		return target == scan.ErrLeaseLost
	}
	return false
}

// ErrRefused: the token or the credential of an agent is not good, or not any more. It has to be enrolled anew.
var ErrRefused = errors.New("the agent is not admitted")

// refuse returns an error that an agent is told.
func refuse(status int, code Code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Bounds of both sides.
const (
	partSize     = 1 << 20
	mostReports  = 100
	mostReceived = 8
	mostSpan     = time.Hour // of a lease, and of a delay
	mostWord     = 512       // bytes of a key or an operation
)
