package wire

import (
	"errors"
	"net/http"
)

// An Answer is what a service answers.
type Answer struct {
	Status int
	Body   []byte
}

// Document returns the answer that all is well, and what the node says.
func Document(n *Node) (*Answer, error) {
	body, err := n.Bytes()
	return &Answer{http.StatusOK, body}, err
}

// A Fault is what a service answers if it does not do what it is asked for.
type Fault struct {
	Status        int
	Code, Message string
}

// Error returns the code and the message.
func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// document returns the fault as a service writes it.
func (f *Fault) document(service string) *Node {
	said := []*Node{T("Code", f.Code), T("Message", f.Message)}
	if service == "ec2" {
		return E("Response", E("Errors", E("Error", said...)), T("RequestID", "none"))
	}
	return E("ErrorResponse", E("Error", append([]*Node{T("Type", "Sender")}, said...)...), T("RequestId", "none"))
}

// Handler returns a server whose questions are answered by a function. An error of it that is no [Fault] is one of
// the server.
func Handler(answer func(*Question) (*Answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := readQuestion(r)
		a := &Answer{}
		if err == nil {
			a, err = answer(q)
		}
		if err != nil {
			fault, ok := errors.AsType[*Fault](err)
			if !ok {
				fault = &Fault{http.StatusInternalServerError, "InternalError", err.Error()}
			}
			if a, err = Document(fault.document(q.Service)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			a.Status = fault.Status
		}
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(a.Status)
		_, _ = w.Write(a.Body) //nolint:gosec // XML for an SDK: no browser shows it
	})
}
