package awstest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The attributes that can be set to a number, with their limits and defaults.
var numbers = map[string]struct{ least, most, usual int }{
	"DelaySeconds":                  {0, 900, 0},
	"MaximumMessageSize":            {1 << 10, 1 << 20, 1 << 20},
	"MessageRetentionPeriod":        {60, 1209600, 345600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, 43200, 30},
}

// policies are attributes that are kept, and of which only RedrivePolicy does anything.
var policies = []string{"RedrivePolicy", "RedriveAllowPolicy", "Policy", "SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"}

func (q *queue) number(attribute string) int {
	n, err := strconv.Atoi(q.attributes[attribute])
	if err != nil {
		return numbers[attribute].usual
	}
	return n
}

func (q *queue) seconds(attribute string) time.Duration {
	return time.Duration(q.number(attribute)) * time.Second
}

// redrive returns where messages go that were handed out too often; most is 0 if they go nowhere.
func (q *queue) redrive() (arn string, most int) {
	var policy struct {
		DeadLetterTargetArn string      `json:"deadLetterTargetArn"` //nolint:tagliatelle // as it is
		MaxReceiveCount     json.Number `json:"maxReceiveCount"`     //nolint:tagliatelle // as it is
	}
	if json.Unmarshal([]byte(q.attributes["RedrivePolicy"]), &policy) != nil {
		return "", 0
	}
	n, err := strconv.Atoi(strings.Trim(policy.MaxReceiveCount.String(), `"`))
	if err != nil {
		return "", 0
	}
	return policy.DeadLetterTargetArn, n
}

func checkAttributes(attributes map[string]string) *refusal {
	for name, value := range attributes {
		limits, isNumber := numbers[name]
		switch {
		case isNumber:
			if n, err := strconv.Atoi(value); err != nil || n < limits.least || n > limits.most {
				return refuse("InvalidAttributeValue", "Invalid value for the parameter "+name+".")
			}
		case !slices.Contains(policies, name):
			return refuse("InvalidAttributeName", "Unknown Attribute "+name+".")
		}
	}
	return nil
}

func (s *queues) set(in queueIn) (any, *refusal) {
	if refused := checkAttributes(in.Attributes); refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused != nil {
		return nil, refused
	}
	maps.Copy(q.attributes, in.Attributes)
	arn, most := q.redrive()
	if q.attributes["RedrivePolicy"] != "" && (most < 1 || most > 1000 || s.named[arn[strings.LastIndexByte(arn, ':')+1:]] == nil) {
		delete(q.attributes, "RedrivePolicy")
		return nil, refuse("InvalidAttributeValue", "Invalid value for the parameter RedrivePolicy.")
	}
	return nil, nil
}

func (s *queues) attributes(in queueIn) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.find(in.QueueURL)
	if refused != nil {
		return nil, refused
	}
	all := maps.Clone(q.attributes)
	for name := range numbers {
		all[name] = strconv.Itoa(q.number(name))
	}
	all["QueueArn"] = arnOf(q.name)
	ready, inFlight, delayed := q.count(time.Now())
	all["ApproximateNumberOfMessages"] = strconv.Itoa(ready)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(inFlight)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	out := map[string]string{}
	for _, name := range in.AttributeNames {
		if name == "All" {
			return map[string]any{"Attributes": all}, nil
		}
		if value, ok := all[name]; ok {
			out[name] = value
		} else if !slices.Contains(policies, name) {
			return nil, refuse("InvalidAttributeName", "Unknown Attribute "+name+".")
		}
	}
	return map[string]any{"Attributes": out}, nil
}
