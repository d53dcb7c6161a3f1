package awstest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A queue is one of SQS.
type queue struct {
	name       string
	attributes map[string]string
	messages   []*message // in the order in which they came
	changed    chan struct{}
}

const account = "000000000000"

func arnOf(name string) string { return "arn:aws:sqs:" + Region + ":" + account + ":" + name }

// change tells those who wait that there may be something.
func (q *queue) change() {
	close(q.changed)
	q.changed = make(chan struct{})
}

type queueIn struct {
	QueueURL       string `json:"QueueUrl"`
	QueueName      string
	Attributes     map[string]string
	AttributeNames []string
}

func (s *queues) create(in queueIn) (any, *refusal) {
	if !isName(in.QueueName, 80) {
		return nil, invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if refused := checkAttributes(in.Attributes); refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, there := s.named[in.QueueName]
	if !there {
		q = &queue{name: in.QueueName, attributes: maps.Clone(in.Attributes), changed: make(chan struct{})}
		if q.attributes == nil {
			q.attributes = map[string]string{}
		}
		s.named[in.QueueName] = q
	}
	for name, value := range in.Attributes {
		if q.attributes[name] != value {
			return nil, refuse("QueueNameExists", "A queue already exists with the same name and a different value for attribute "+name)
		}
	}
	return map[string]string{"QueueUrl": urlOf(q)}, nil
}

func urlOf(q *queue) string {
	return "https://sqs." + Region + ".amazonaws.com/" + account + "/" + q.name
}

func missing() *refusal {
	refused := refuse("QueueDoesNotExist", "The specified queue does not exist.")
	refused.query = "AWS.SimpleQueueService.NonExistentQueue"
	return refused
}

// find returns the queue of a URL, whatever host that names. The mutex must be held.
func (s *queues) find(url string) (*queue, *refusal) {
	q := s.named[url[strings.LastIndexByte(url, '/')+1:]]
	if q == nil {
		return nil, missing()
	}
	q.forget(time.Now())
	return q, nil
}

func (s *queues) url(in queueIn) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.named[in.QueueName]
	if q == nil {
		return nil, missing()
	}
	return map[string]string{"QueueUrl": urlOf(q)}, nil
}

func (s *queues) list(in struct{ QueueNamePrefix string }) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	urls := []string{}
	for _, name := range slices.Sorted(maps.Keys(s.named)) {
		if strings.HasPrefix(name, in.QueueNamePrefix) {
			urls = append(urls, urlOf(s.named[name]))
		}
	}
	return map[string][]string{"QueueUrls": urls}, nil
}

func (s *queues) remove(in queueIn) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused != nil {
		return nil, refused
	}
	delete(s.named, q.name)
	q.change()
	return nil, nil
}

func (s *queues) purge(in queueIn) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused != nil {
		return nil, refused
	}
	q.messages = nil
	return nil, nil
}
