// Package account reads what an account of Amazon's cloud has, by the SDK's own clients. All that one asks for is a
// [Reading]: everything, or what is named with what its links need.
package account

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// An Account can be asked what it has. It is safe for concurrent use.
type Account struct {
	ec2       *ec2.Client
	balancing *elasticloadbalancing.Client
	stacks    *cloudformation.Client
	databases *rds.Client
}

// Options say where an account is.
type Options struct {
	Region string
	// Endpoint is the address that answers for all services.
	Endpoint string
	// Client sends the requests.
	Client *http.Client
	// Attempts is how often a request is sent at most that is throttled or fails, and Backoff how long the longest
	// pause before another attempt is.
	Attempts int
	Backoff  time.Duration
}

// New returns an account.
func New(o Options) *Account {
	config := aws.Config{
		Region:       o.Region,
		BaseEndpoint: aws.String(o.Endpoint),
		HTTPClient:   o.Client,
		Credentials:  credentials.NewStaticCredentialsProvider("anybody", "no secret", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts, s.MaxBackoff = o.Attempts, o.Backoff })
		},
	}
	return &Account{
		ec2:       ec2.NewFromConfig(config),
		balancing: elasticloadbalancing.NewFromConfig(config),
		stacks:    cloudformation.NewFromConfig(config),
		databases: rds.NewFromConfig(config),
	}
}
