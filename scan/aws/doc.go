// Package aws has the queues of jobs on SQS, and their blobs on S3.
//
//	config, err := config.LoadDefaultConfig(ctx) // or whatever else the host has
//	queues, objects := sqs.NewFromConfig(config), s3.NewFromConfig(config)
//	at, err := aws.EnsureQueue(ctx, queues, "requests", nil)
//	requests, err := aws.NewQueue(queues, at, nil)
//	blobs, err := aws.NewBlobs(objects, "results", nil)
//	manager, err := scan.NewManager(store, requests, replies, blobs, nil)
//
// The clients are the host's, and so is how they try again: a request that is throttled, or fails on the way, is repeated by the client. What is
// refused of a batch the queue sends again itself.
//
// # What SQS can, and what it cannot
//
// A [Queue] is a standard queue. Messages may come twice and in any order; one whose key is there already is not left out; its numbers are
// approximate, and how long the oldest has waited is not among them ([QueueOptions]). A message can be kept back for 15 minutes, which a longer
// delay is refused for, and hidden for 12 hours in all, from when it was handed out: then its lease cannot be extended any more, and whoever has it
// loses it. Nothing can be withdrawn. Jobs bear all of that: their epochs decide, not the queue.
//
// Who has lost a message finds out by his own clock: a delivery whose lease has ended returns [scan.ErrLeaseLost] and asks SQS nothing. It would say
// yes and do nothing. Of what it hands out twice at the same moment it says nothing either.
//
// What is buried goes to a second queue with the reason, and can be looked at and redriven ([Queue.Dead], [Queue.Redrive]). What was handed out too
// often, because it kills who receives it, SQS moves there by itself.
//
// # Large bodies
//
// A body that is larger than [QueueOptions.Inline] is kept in [QueueOptions.Bodies], and the message has a claim on it. When the message is acked,
// its body goes, after it. A message that is buried or redriven takes its body along, which is as young as if it were new then; so no message has
// one that is older than SQS keeps messages, and what is older is nobody's ([Queue.Collect]). A duplicate that SQS brings of a large message that
// was acked already is found among the dead: its body is gone.
//
// # What it costs
//
// A job that is alone, with one reply, costs six requests to SQS: to send, receive and delete two messages. Where there are more at a time, up to ten
// of them share a request. While work goes on for longer, each beat of the agent costs another one, to extend the lease. A Receive that waits costs
// three requests a minute, for each agent with room and for each manager; a manager that looks how full the queue of requests is, 12 more (a negative
// [scan.Options.QueueAge] has it not do so). A result costs one request to S3, and one that is there already three.
//
// # What has to be allowed
//
// For agents and managers: sqs:SendMessage, sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on both
// queues of each, sqs:GetQueueUrl for [FindQueue]; s3:PutObject and s3:GetObject on the objects, s3:ListBucket on the bucket, without which S3 does
// not say that something is missing, and s3:DeleteObject for managers and for who acks large bodies. For [EnsureQueue] and [EnsureBucket]:
// sqs:CreateQueue, sqs:SetQueueAttributes and sqs:GetQueueAttributes, s3:CreateBucket.
//
// Package awstest has both services in the process.
package aws
