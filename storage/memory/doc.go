// Package memory keeps everything in the process. It is the reference for what a store does, and the
// default for tests and examples; what it holds is gone with the process.
//
// Records are spread over shards, each behind its own lock; what is due stands in a heap a shard and
// kind, so that finding it does not look at what is not.
package memory
