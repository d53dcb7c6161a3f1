package requesttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/reeve-go/reeve/provisioning"
)

const vaultPath = "/vault"

// A vaultCall is a call of a vault over HTTP, and what it answers.
type vaultCall struct {
	Do      string // get, put, delete or keys
	Key     provisioning.SecretKey
	Secrets map[string][]byte
	Keys    []provisioning.SecretKey
}

// A remoteVault is the vault of an estate at a URL.
type remoteVault string

// Put implements [provisioning.Vault].
func (v remoteVault) Put(ctx context.Context, key provisioning.SecretKey, s provisioning.Secrets) error {
	values := map[string][]byte{}
	for name, secret := range s {
		values[name] = secret.Value
	}
	_, err := v.call(ctx, &vaultCall{Do: "put", Key: key, Secrets: values})
	return err
}

// Get implements [provisioning.Vault].
func (v remoteVault) Get(ctx context.Context, key provisioning.SecretKey) (provisioning.Secrets, error) {
	out, err := v.call(ctx, &vaultCall{Do: "get", Key: key})
	if err != nil {
		return nil, err
	}
	if out.Secrets == nil {
		return nil, provisioning.ErrNoSecret
	}
	return out.secrets(), nil
}

// Delete implements [provisioning.Vault].
func (v remoteVault) Delete(ctx context.Context, key provisioning.SecretKey) error {
	_, err := v.call(ctx, &vaultCall{Do: "delete", Key: key})
	return err
}

// Keys implements [provisioning.Vault].
func (v remoteVault) Keys(ctx context.Context) iter.Seq2[provisioning.SecretKey, error] {
	return func(yield func(provisioning.SecretKey, error) bool) {
		out, err := v.call(ctx, &vaultCall{Do: "keys"})
		if err != nil {
			yield(provisioning.SecretKey{}, err)
			return
		}
		for _, key := range out.Keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (v remoteVault) call(ctx context.Context, in *vaultCall) (*vaultCall, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, string(v), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the vault answers %s", res.Status)
	}
	out := &vaultCall{}
	return out, json.NewDecoder(res.Body).Decode(out)
}

func (c *vaultCall) secrets() provisioning.Secrets {
	s := provisioning.Secrets{}
	for name, value := range c.Secrets {
		s[name] = provisioning.Secret{Value: value}
	}
	return s
}

// serveVault answers calls of remote vaults, but for some.
func (c *crew) serveVault(w http.ResponseWriter, r *http.Request) {
	var call vaultCall
	err := json.NewDecoder(r.Body).Decode(&call)
	if err == nil && c.choose(20) == 1 {
		err = errors.New("the vault is sealed")
	}
	if err == nil {
		err = call.do(context.WithoutCancel(r.Context()), &c.vault)
	}
	if err != nil {
		http.Error(w, "it failed", http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(call) // who called may be dead
}

// do calls a vault, and takes down what it answers.
func (c *vaultCall) do(ctx context.Context, v provisioning.Vault) error {
	switch c.Do {
	case "put":
		return v.Put(ctx, c.Key, c.secrets())
	case "delete":
		return v.Delete(ctx, c.Key)
	case "get":
		kept, err := v.Get(ctx, c.Key)
		if errors.Is(err, provisioning.ErrNoSecret) {
			return nil
		}
		c.Secrets = map[string][]byte{}
		for name, s := range kept {
			c.Secrets[name] = s.Value
		}
		return err
	case "keys":
		for key, err := range v.Keys(ctx) {
			if err != nil {
				return err
			}
			c.Keys = append(c.Keys, key)
		}
		return nil
	}
	return fmt.Errorf("there is no call %q", c.Do)
}
