package wire

import (
	"cmp"
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
	// IDs are what names an item.
	IDs []ID
	// Whole lists are one page, however long.
	Whole bool
	// Gone is what the service says of a name that nothing has. Zero: nothing, and the list is shorter.
	Gone Fault
}

// An ID is one of the names that an item goes by: the path at which it has it, and the filters and parameters that ask
// for items by it.
type ID struct {
	Path string
	By   []string
}

// A Name is what a question asks by, and an item goes by: of which sort, which is what the first of [ID.By] says, and
// what it is.
type Name struct{ By, Value string }

// tokens are what the services call the name of the next page.
var tokens = map[string]string{"ec2": "nextToken", "elasticloadbalancing": "NextMarker", "rds": "Marker", "cloudformation": "NextToken"}

var listings = []Listing{
	{
		Service: "ec2", Action: "DescribeAvailabilityZones", List: "availabilityZoneInfo", Whole: true,
		IDs: []ID{{"zoneName", []string{"zone-name", "ZoneName"}}},
	},
	{
		Service: "ec2", Action: "DescribeKeyPairs", List: "keySet", Whole: true,
		IDs: []ID{{"keyName", []string{"key-name", "KeyName"}}},
	},
	{
		Service: "ec2", Action: "DescribeImages", List: "imagesSet",
		IDs: []ID{{"imageId", []string{"image-id", "ImageId"}}},
	},
	{
		Service: "ec2", Action: "DescribeInstances", List: "reservationSet",
		IDs: []ID{{"instancesSet/item/instanceId", []string{"instance-id", "InstanceId"}}},
	},
	{
		Service: "ec2", Action: "DescribeVolumes", List: "volumeSet",
		IDs: []ID{{"volumeId", []string{"volume-id", "VolumeId"}}},
	},
	{
		Service: "ec2", Action: "DescribeSnapshots", List: "snapshotSet",
		IDs: []ID{{"snapshotId", []string{"snapshot-id", "SnapshotId"}}},
	},
	{
		Service: "ec2", Action: "DescribeVpcs", List: "vpcSet",
		IDs: []ID{{"vpcId", []string{"vpc-id", "VpcId"}}},
	},
	{
		Service: "ec2", Action: "DescribeSubnets", List: "subnetSet",
		IDs: []ID{{"subnetId", []string{"subnet-id", "SubnetId"}}},
	},
	{
		Service: "ec2", Action: "DescribeSecurityGroups", List: "securityGroupInfo",
		IDs: []ID{{"groupId", []string{"group-id", "GroupId"}}},
	},
	{
		Service: "ec2", Action: "DescribeNetworkInterfaces", List: "networkInterfaceSet",
		IDs: []ID{{"networkInterfaceId", []string{"network-interface-id", "NetworkInterfaceId"}}},
	},
	{
		Service: "ec2", Action: "DescribeAddresses", List: "addressesSet", Whole: true,
		IDs: []ID{{"allocationId", []string{"allocation-id", "AllocationId"}}, {"publicIp", []string{"public-ip", "PublicIp"}}},
	},
	{
		Service: "elasticloadbalancing", Action: "DescribeLoadBalancers", List: "DescribeLoadBalancersResult/LoadBalancerDescriptions",
		IDs:  []ID{{"LoadBalancerName", []string{"LoadBalancerNames"}}},
		Gone: Fault{http.StatusBadRequest, "LoadBalancerNotFound", "There is no ACTIVE Load Balancer named '%s'"},
	},
	{
		Service: "cloudformation", Action: "DescribeStacks", List: "DescribeStacksResult/Stacks",
		IDs:  []ID{{"StackId", []string{"StackName"}}, {"StackName", []string{"StackName"}}},
		Gone: Fault{http.StatusBadRequest, "ValidationError", "Stack with id %s does not exist"},
	},
	{
		Service: "rds", Action: "DescribeDBInstances", List: "DescribeDBInstancesResult/DBInstances",
		IDs:  []ID{{"DBInstanceIdentifier", []string{"DBInstanceIdentifier"}}},
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
func (l *Listing) Names(item *Node) (names []Name) {
	for _, id := range l.IDs {
		if value := item.Get(id.Path); value != "" {
			names = append(names, Name{id.By[0], value})
		}
	}
	return names
}

// Named returns the names by which a question asks for items, and what else it asks.
func (l *Listing) Named(q *Question) (names []Name, besides []string) {
	for by, values := range q.Asked {
		i := slices.IndexFunc(l.IDs, func(id ID) bool { return slices.Contains(id.By, by) })
		if i < 0 {
			besides = append(besides, by)
			continue
		}
		for _, value := range values {
			names = append(names, Name{l.IDs[i].By[0], value})
		}
	}
	return names, besides
}

// Select returns the items that have one of the names, each once. That nothing has a name is an error if the service
// makes one of it.
func (l *Listing) Select(items []*Node, names []Name) (selected []*Node, err error) {
	found := map[Name]bool{}
	for _, item := range items {
		own := l.Names(item)
		if slices.ContainsFunc(own, func(name Name) bool { return slices.Contains(names, name) }) {
			selected = append(selected, item)
		}
		for _, name := range own {
			found[name] = true
		}
	}
	for _, name := range names {
		if err := l.gone(name); !found[name] && err != nil {
			return nil, err
		}
	}
	return selected, nil
}

// gone returns what the service says of a name that nothing has; nil: nothing.
func (l *Listing) gone(name Name) error {
	if l.Gone.Code == "" {
		return nil
	}
	return &Fault{l.Gone.Status, l.Gone.Code, fmt.Sprintf(l.Gone.Message, name.Value)}
}

// Denies reports whether an answer says that nothing has the name that was asked for.
func (l *Listing) Denies(answer *Node) bool {
	said := cmp.Or(answer.At("Errors/Error"), answer.At("Error"))
	if said == nil {
		return false
	}
	switch code := said.Get("Code"); code {
	case "ValidationError": // which says everything that is wrong with a stack's name
		return strings.Contains(said.Get("Message"), "does not exist")
	case l.Gone.Code:
		return true
	default:
		return l.Service == "ec2" && strings.HasSuffix(code, ".NotFound")
	}
}

// Next returns the name of the page after an answer; empty: it is the last one.
func (l *Listing) Next(answer *Node) string {
	result, _, within := strings.Cut(l.List, "/")
	if !within {
		return answer.Get(tokens[l.Service])
	}
	return answer.Get(result + "/" + tokens[l.Service])
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
