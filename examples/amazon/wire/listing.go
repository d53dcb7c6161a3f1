package wire

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Listing says how the answer to an action lists things.
type Listing struct {
	Service, Action string
	// List is the path of the list in the answer.
	List string
	// IDs are the paths, in an item, of the names that it goes by.
	IDs []string
	// By are the filters and parameters that ask for items by these.
	By []string
	// Whole lists are one page, however long.
	Whole bool
	// Gone is what the service says of a name that nothing has. Zero: nothing, and the list is shorter.
	Gone Fault
}

// tokens are what the services call the name of the next page.
var tokens = map[string]string{"ec2": "nextToken", "elasticloadbalancing": "NextMarker", "rds": "Marker", "cloudformation": "NextToken"}

var listings = []Listing{
	{Service: "ec2", Action: "DescribeAvailabilityZones", List: "availabilityZoneInfo", IDs: []string{"zoneName"}, By: []string{"zone-name"}, Whole: true},
	{Service: "ec2", Action: "DescribeKeyPairs", List: "keySet", IDs: []string{"keyName"}, By: []string{"key-name"}, Whole: true},
	{Service: "ec2", Action: "DescribeImages", List: "imagesSet", IDs: []string{"imageId"}, By: []string{"image-id"}},
	{Service: "ec2", Action: "DescribeInstances", List: "reservationSet", IDs: []string{"instancesSet/item/instanceId"}, By: []string{"instance-id"}},
	{Service: "ec2", Action: "DescribeVolumes", List: "volumeSet", IDs: []string{"volumeId"}, By: []string{"volume-id"}},
	{Service: "ec2", Action: "DescribeSnapshots", List: "snapshotSet", IDs: []string{"snapshotId"}, By: []string{"snapshot-id"}},
	{Service: "ec2", Action: "DescribeVpcs", List: "vpcSet", IDs: []string{"vpcId"}, By: []string{"vpc-id"}},
	{Service: "ec2", Action: "DescribeSubnets", List: "subnetSet", IDs: []string{"subnetId"}, By: []string{"subnet-id"}},
	{Service: "ec2", Action: "DescribeSecurityGroups", List: "securityGroupInfo", IDs: []string{"groupId"}, By: []string{"group-id"}},
	{
		Service: "ec2", Action: "DescribeNetworkInterfaces", List: "networkInterfaceSet",
		IDs: []string{"networkInterfaceId"}, By: []string{"network-interface-id"},
	},
	{
		Service: "ec2", Action: "DescribeAddresses", List: "addressesSet",
		IDs: []string{"allocationId", "publicIp"}, By: []string{"allocation-id", "public-ip"}, Whole: true,
	},
	{
		Service: "elasticloadbalancing", Action: "DescribeLoadBalancers", List: "DescribeLoadBalancersResult/LoadBalancerDescriptions",
		IDs: []string{"LoadBalancerName"}, By: []string{"LoadBalancerNames"},
		Gone: Fault{http.StatusBadRequest, "LoadBalancerNotFound", "There is no ACTIVE Load Balancer named '%s'"},
	},
	{
		Service: "cloudformation", Action: "DescribeStacks", List: "DescribeStacksResult/Stacks",
		IDs: []string{"StackId", "StackName"}, By: []string{"StackName"},
		Gone: Fault{http.StatusBadRequest, "ValidationError", "Stack with id %s does not exist"},
	},
	{
		Service: "rds", Action: "DescribeDBInstances", List: "DescribeDBInstancesResult/DBInstances",
		IDs: []string{"DBInstanceIdentifier"}, By: []string{"DBInstanceIdentifier"},
		Gone: Fault{http.StatusNotFound, "DBInstanceNotFound", "DBInstance %s not found."},
	},
}

// ListingOf returns the listing that a question asks for; nil: it asks for something else.
func ListingOf(q *Question) *Listing {
	i := slices.IndexFunc(listings, func(l Listing) bool { return l.Service == q.Service && l.Action == q.Action })
	if i < 0 {
		return nil
	}
	return &listings[i]
}

// Items returns what an answer lists. Instances, which come several in a reservation, are each in one of their own.
func (l *Listing) Items(answer *Node) (items []*Node) {
	list := answer.At(l.List)
	if list == nil {
		return nil
	}
	for _, item := range list.Children {
		together := item.At("instancesSet")
		if together == nil {
			items = append(items, item)
			continue
		}
		for _, one := range together.Children {
			alone := item.Clone()
			alone.At("instancesSet").Children = []*Node{one}
			items = append(items, alone)
		}
	}
	return items
}

// Names returns the names that an item goes by.
func (l *Listing) Names(item *Node) (names []string) {
	for _, path := range l.IDs {
		if name := item.Get(path); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Named returns the names by which a question asks for items, and what else it asks.
func (l *Listing) Named(q *Question) (names []string, besides []string) {
	for by, values := range q.Asked {
		if slices.Contains(l.By, by) {
			names = append(names, values...)
		} else {
			besides = append(besides, by)
		}
	}
	return names, besides
}

// Select returns the items that have one of the names, the first of each. That nothing has a name is an error if the
// service makes one of it.
func (l *Listing) Select(items []*Node, names []string) (selected []*Node, err error) {
	found := map[string]bool{}
	for _, item := range items {
		own := l.Names(item)
		wanted := func(name string) bool { return slices.Contains(names, name) }
		if !slices.ContainsFunc(own, wanted) || slices.ContainsFunc(own, func(name string) bool { return found[name] }) {
			continue
		}
		for _, name := range own {
			found[name] = true
		}
		selected = append(selected, item)
	}
	for _, name := range names {
		if !found[name] && l.Gone.Code != "" {
			return nil, &Fault{l.Gone.Status, l.Gone.Code, fmt.Sprintf(l.Gone.Message, name)}
		}
	}
	return selected, nil
}

// Answer returns an answer that lists items. Token is the name of the next page; empty: there is none.
func (l *Listing) Answer(items []*Node, token string) (*Answer, error) {
	result, list, within := strings.Cut(l.List, "/")
	if !within {
		list = result
	}
	body := []*Node{E(list, items...)}
	if token != "" {
		body = append(body, T(tokens[l.Service], token))
	}
	if within {
		body = []*Node{E(result, body...)}
	}
	return Document(E(l.Action+"Response", body...))
}
