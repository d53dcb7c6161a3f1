package main

import (
	"time"

	"github.com/reeve-go/reeve/refresh"
)

// A Volume is a disk. What it was made from and what is made from it are snapshots, so the two point at each other.
type Volume struct {
	Ref       string                `reeve:"ref,key"`
	Name      string                `reeve:"name"`
	Type      string                `reeve:"type"`
	State     string                `reeve:"state"`
	Gigabytes int32                 `reeve:"gigabytes"`
	IOPS      *int32                `reeve:"iops"`
	Encrypted bool                  `reeve:"encrypted"`
	Created   *time.Time            `reeve:"created_at"`
	Zone      refresh.Ref[Zone]     `reeve:"zone_id"`
	Snapshot  refresh.Ref[Snapshot] `reeve:"snapshot_id"`
}

// An Attachment is a volume in an instance.
type Attachment struct {
	Volume refresh.Ref[Volume] `reeve:"volume_id,key"`
	Ref    string              `reeve:"vm_ref,key"` // the instance, whether it is known or not
	VM     refresh.Ref[VM]     `reeve:"vm_id"`
	Device string              `reeve:"device"`
	State  string              `reeve:"state"`
}

// A Snapshot is what a volume once held.
type Snapshot struct {
	Ref         string              `reeve:"ref,key"`
	Name        string              `reeve:"name"`
	Description string              `reeve:"description"`
	State       string              `reeve:"state"`
	Gigabytes   int32               `reeve:"gigabytes"`
	Encrypted   bool                `reeve:"encrypted"`
	Started     *time.Time          `reeve:"started_at"`
	Volume      refresh.Ref[Volume] `reeve:"volume_id"`
}
