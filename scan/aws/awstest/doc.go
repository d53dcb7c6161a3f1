// Package awstest is SQS and S3 in the process, for tests and demonstrations: a [Cloud] speaks the wire protocols that the real clients
// speak, keeps to the limits of the services, and goes wrong when it is told to.
//
//	cloud := awstest.New(nil)
//	defer cloud.Close()
//	config := cloud.Config()
//	queues, blobs := sqs.NewFromConfig(config), s3.NewFromConfig(config, awstest.PathStyle)
//
// Clients with the config of [Cloud.Config] reach it through pipes, so that everything can run in a bubble of testing/synctest: long polls and
// leases of hours take no time there. A Cloud is an [http.Handler] as well; processes of their own reach it where the host listens
// ([ConfigAt]).
//
// # What it has
//
// Of SQS: standard queues with all their attributes that concern messages, dead-letter queues, long polls, batches that fail in part, the limits of
// sizes, times and of what is in flight. Of S3: objects in buckets, written whole and on condition, read in ranges, copied, listed by pages, with
// SHA-256 and CRC-32 checksums; neither parts, versions nor streams of unknown length. Requests must be signed with the right key (signature version
// 4).
package awstest
