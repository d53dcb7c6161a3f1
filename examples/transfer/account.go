package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/external"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// An account says what became of the resources, by type.
type account map[string]*count

// A count says what became of the resources of a type.
type count struct {
	// Requested were asked for at least once. They are present, released, abandoned or under way.
	Requested int `json:"requested"`
	Present   int `json:"present"`
	Released  int `json:"released"`
	Abandoned int `json:"abandoned"`
	UnderWay  int `json:"under_way"`
	// Leaked are there, and the store has nothing about them; missing the other way round.
	Leaked  int `json:"leaked"`
	Missing int `json:"missing"`
}

// A resource is one of a request.
type resource struct {
	supervision.Element[provisioning.Resource, provisioning.ResourceState]

	request string
}

// account compares what the store has with what the provisioners say is there.
func (d *demonstration) account(ctx context.Context) (account, error) {
	there, err := d.outside(ctx)
	if err != nil {
		return nil, err
	}
	a := account{connector.Bucket: {}, connector.Share: {}}
	for r, err := range d.resources(ctx) {
		if err != nil {
			return nil, err
		}
		a.add(&r, there)
	}
	a.close(there)
	return a, nil
}

// add counts a resource, and takes out of what is there what the resource accounts for.
func (a account) add(r *resource, there outside) {
	if r.Data.Generation == 0 {
		return // nobody was asked for it
	}
	of := a[r.Data.Type]
	of.Requested++
	switch r.State {
	case provisioning.ResourcePresent:
		of.Present++
		if !there[r.Data.Type][r.Data.Key] {
			of.Missing++
		}
	case provisioning.ResourceAbsent:
		of.Released++
		return // what is there all the same is not accounted for
	case provisioning.ResourceAbandoned:
		of.Abandoned++
	default:
		of.UnderWay++
	}
	delete(there[r.Data.Type], r.Data.Key)
}

// close counts what is left.
func (a account) close(there outside) {
	for typ, keys := range there {
		a[typ].Leaked += len(keys)
	}
}

// verdict is an error if a resource is not accounted for.
func (a account) verdict() (err error) {
	for typ, c := range a {
		if c.Leaked+c.Missing+c.UnderWay > 0 || c.Requested != c.Present+c.Released+c.Abandoned {
			err = errors.Join(err, fmt.Errorf("of the resources of type %s %d have leaked, %d are missing and %d are under way", typ, c.Leaked, c.Missing, c.UnderWay))
		}
	}
	return err
}

// What is outside are the keys of what is there, by type.
type outside map[string]map[string]bool

// outside asks the provisioners.
func (d *demonstration) outside(ctx context.Context) (outside, error) {
	list, err := external.Ask(ctx, "http://"+d.orders.Buckets)
	if err != nil {
		return nil, err
	}
	shares, err := d.shares.Keys(ctx)
	if err != nil {
		return nil, err
	}
	out := outside{connector.Bucket: {}, connector.Share: {}}
	for _, b := range list.Buckets {
		out[connector.Bucket][b.Key] = true
	}
	for _, key := range shares {
		out[connector.Share][key] = true
	}
	return out, nil
}

// resources yields the resources of all requests.
func (d *demonstration) resources(ctx context.Context) iter.Seq2[resource, error] {
	return func(yield func(resource, error) bool) {
		manager := d.connector.Manager
		for request, err := range manager.Requests.List(ctx, nil) {
			if err != nil {
				yield(resource{}, err)
				return
			}
			for el, err := range manager.Resources(ctx, request.Key.ID) {
				if !yield(resource{el, request.Key.ID}, err) || err != nil {
					return
				}
			}
		}
	}
}

// found counts the resources that were found to be there after a call of which nobody knew what it had done.
func (d *demonstration) found(ctx context.Context) (n int, err error) {
	requests := d.connector.Manager.Requests
	for request, err := range requests.List(ctx, nil) {
		if err != nil {
			return n, err
		}
		for line, err := range requests.History(ctx, request.Key.ID) {
			if err != nil {
				return n, err
			}
			if line.Element != "" && line.From == string(provisioning.ResourceUnknown) &&
				(line.To == string(provisioning.ResourcePresent) || line.To == string(provisioning.ResourceRequested)) {
				n++
			}
		}
	}
	return n, nil
}
