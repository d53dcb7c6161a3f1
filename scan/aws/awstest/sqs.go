package awstest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// queues are what SQS keeps.
type queues struct {
	cloud *Cloud

	mu    sync.Mutex
	named map[string]*queue
}

// A refusal is an error that SQS answers.
type refusal struct {
	Type    string `json:"__type"`
	Message string `json:"message"`

	query string // its older name, which clients are told as well
	fault bool   // the service's own
}

func refuse(code, message string) *refusal {
	return &refusal{Type: "com.amazonaws.sqs#" + code, Message: message, query: code}
}

// invalid refuses a parameter, as the framework of the service does.
func invalid(message string) *refusal {
	return &refusal{Type: "com.amazon.coral.service#InvalidParameterValueException", Message: message, query: "InvalidParameterValue"}
}

func unsigned() *refusal {
	return &refusal{Type: "com.amazon.coral.service#InvalidSignatureException", Message: "The signature is not right.", query: "SignatureDoesNotMatch"}
}

func throttled() *refusal { return refuse("RequestThrottled", "Rate exceeded") }

// mostBody bounds what is read of a request.
const mostBody = 4 << 20

func (s *queues) serve(w http.ResponseWriter, r *http.Request, target string) {
	service, action, _ := strings.Cut(target, ".")
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBody))
	if err != nil || service != "AmazonSQS" {
		http.Error(w, "this is no request to SQS", http.StatusBadRequest)
		return
	}
	if !signed(r, "sqs", body) {
		answer(w, nil, unsigned())
		return
	}
	fault := s.cloud.call(action)
	switch fault {
	case Throttle:
		answer(w, nil, throttled())
		return
	case Fail:
		answer(w, nil, &refusal{Type: "com.amazonaws.sqs#InternalError", Message: "It failed.", query: "InternalError", fault: true})
		return
	case CutBefore:
		cut(w, nil)
	}
	out, refused := s.act(r.Context(), action, body, fault)
	switch fault {
	case CutAfter:
		cut(w, nil)
	case CutAnswer:
		text, _ := json.Marshal(out) // of a refusal there is nothing in it
		w.Header().Set("Content-Length", "100000")
		cut(w, text[:len(text)/2+1])
	}
	answer(w, out, refused)
}

// act does what a request asks for.
func (s *queues) act(ctx context.Context, action string, body []byte, fault Fault) (any, *refusal) {
	switch action {
	case "CreateQueue":
		return with(body, s.create)
	case "GetQueueUrl":
		return with(body, s.url)
	case "ListQueues":
		return with(body, s.list)
	case "DeleteQueue":
		return with(body, s.remove)
	case "PurgeQueue":
		return with(body, s.purge)
	case "GetQueueAttributes":
		return with(body, s.attributes)
	case "SetQueueAttributes":
		return with(body, s.set)
	case "SendMessage":
		return with(body, s.send)
	case "SendMessageBatch":
		return with(body, func(in batchIn[sendIn]) (any, *refusal) { return s.sendBatch(in, fault) })
	case "ReceiveMessage":
		return with(body, func(in receiveIn) (any, *refusal) { return s.receive(ctx, in, fault == Twice) })
	case "DeleteMessage":
		return with(body, s.delete)
	case "DeleteMessageBatch":
		return with(body, func(in batchIn[handleIn]) (any, *refusal) { return batch(in, fault, s.delete) })
	case "ChangeMessageVisibility":
		return with(body, s.hide)
	case "ChangeMessageVisibilityBatch":
		return with(body, func(in batchIn[hideIn]) (any, *refusal) { return batch(in, fault, s.hide) })
	}
	return nil, refuse("UnsupportedOperation", "The action "+action+" is not valid for this endpoint.")
}

// with reads what is asked for.
func with[In any](body []byte, do func(In) (any, *refusal)) (any, *refusal) {
	var in In
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &refusal{Type: "com.amazon.coral.service#SerializationException", Message: err.Error(), query: "MalformedQueryString"}
	}
	return do(in)
}

func answer(w http.ResponseWriter, out any, refused *refusal) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	status := http.StatusOK
	if refused != nil {
		out, status = refused, http.StatusBadRequest
		who := ";Sender"
		if refused.fault {
			status, who = http.StatusInternalServerError, ";Receiver"
		}
		w.Header().Set("X-Amzn-Query-Error", refused.query+who)
	}
	w.WriteHeader(status)
	if out == nil {
		out = struct{}{}
	}
	_ = json.NewEncoder(w).Encode(out)
}
