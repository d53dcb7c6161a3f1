package simulated

import (
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// mostStacks is how many there are at most; half of them are in others.
const mostStacks = 6

func (c *Cloud) buildOrDeleteStack(touched account.Names) {
	if len(c.all(account.Stacks)) < mostStacks {
		outer, inner, instance := c.createStack()
		touched.Add(account.Stacks, &outer, &inner)
		touched.Add(account.Instances, &instance)
		return
	}
	c.deleteStack(c.some(account.Stacks).Get("StackId"), touched)
}

// createStack makes a stack in a stack, with an instance in it.
func (c *Cloud) createStack() (outer, inner, instance string) {
	outer = c.stack("shop", "")
	inner = c.stack("shop-server", outer)
	instance = c.launch(fmt.Sprintf("server-%d", c.made["i"]+1), inner, c.own())
	c.resources[outer] = []*wire.Node{resource("Server", "AWS::CloudFormation::Stack", inner)}
	c.resources[inner] = []*wire.Node{resource("Instance", "AWS::EC2::Instance", instance)}
	return outer, inner, instance
}

func (c *Cloud) stack(name, parent string) string {
	id := c.id("stack")
	name += strings.TrimPrefix(id, "stack")
	n := wire.E(
		"member", wire.T("StackId", "arn:aws:cloudformation:us-east-1:"+owner+":stack/"+name+"/"+id), wire.T("StackName", name),
		wire.T("Description", "Sells things."), wire.T("StackStatus", "CREATE_COMPLETE"), wire.T("CreationTime", began),
		wire.E("Parameters", wire.E("member", wire.T("ParameterKey", "Size"), wire.T("ParameterValue", "small"))),
		wire.E("Outputs", wire.E("member", wire.T("OutputKey", "URL"), wire.T("OutputValue", "https://"+name+".example"), wire.T("Description", "Where it is"))),
	)
	if parent != "" {
		n.Set("ParentId", parent)
	}
	return c.put(account.Stacks, n)
}

func resource(name, kind, physical string) *wire.Node {
	return wire.E(
		"member", wire.T("LogicalResourceId", name), wire.T("PhysicalResourceId", physical), wire.T("ResourceType", kind),
		wire.T("ResourceStatus", "CREATE_COMPLETE"), wire.T("LastUpdatedTimestamp", began),
	)
}

// deleteStack deletes a stack with what it made, from the outermost on.
func (c *Cloud) deleteStack(id string, touched account.Names) {
	stack := c.get(account.Stacks, id)
	if parent := c.get(account.Stacks, stack.Get("ParentId")); parent != nil {
		c.deleteStack(parent.Get("StackId"), touched)
		return
	}
	c.remove(account.Stacks, id)
	touched.Add(account.Stacks, &id)
	for _, of := range c.resources[id] {
		made := of.Get("PhysicalResourceId")
		if c.get(account.Stacks, made) != nil {
			c.deleteStack(made, touched) // which has no parent any more
		} else {
			c.terminate(made, touched)
		}
	}
	delete(c.resources, id)
}
