package door

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/rest"
)

// Caller is who makes a call.
type Caller struct {
	// Trusted tells that the caller presented the door's token.
	Trusted bool
	// User is the person or program on whose behalf a trusted caller acts; nil
	// when it named none. What an untrusted caller claims is dropped (S-28).
	User *riversv1.UserRef
}

type callerKey struct{}

// CallerOf returns who makes the call of ctx.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// token is what callers must present.
type token struct {
	set  bool
	hash [sha256.Size]byte
}

func newToken(text string) token {
	return token{set: text != "", hash: sha256.Sum256([]byte(text))}
}

// check compares in constant time; hashing hides the length.
func (t token) check(authorization string) error {
	scheme, given, ok := strings.Cut(authorization, " ")
	hash := sha256.Sum256([]byte(given))
	equal := subtle.ConstantTimeCompare(hash[:], t.hash[:]) == 1
	switch {
	case authorization == "":
		return fault.New(codes.Unauthenticated, "TOKEN_MISSING", "the call carries no token; send the header Authorization: Bearer TOKEN")
	case !ok || !strings.EqualFold(scheme, "bearer") || !equal:
		return fault.New(codes.Unauthenticated, "TOKEN_WRONG", "the token is not the one of this server")
	}
	return nil
}

// healthPrefix begins the methods that need no token: probes have none.
const healthPrefix = "/grpc.health.v1.Health/"

// identify authenticates a call and returns its context with the caller.
func (t token) identify(ctx context.Context, method string) (context.Context, error) {
	if !t.set || strings.HasPrefix(method, healthPrefix) {
		return context.WithValue(ctx, callerKey{}, Caller{}), nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	if err := t.check(first(md, "authorization")); err != nil {
		return nil, err
	}
	user, err := userOf(md)
	if err != nil {
		return nil, err
	}
	return context.WithValue(ctx, callerKey{}, Caller{Trusted: true, User: user}), nil
}

func first(md metadata.MD, key string) string {
	if v := md.Get(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

// userOf reads the user that a trusted caller passes on.
func userOf(md metadata.MD) (*riversv1.UserRef, error) {
	raw := first(md, rest.UserKey)
	if raw == "" {
		return nil, nil
	}
	user := &riversv1.UserRef{}
	if err := proto.Unmarshal([]byte(raw), user); err != nil || user.Subject == "" || len(raw) > 4096 {
		return nil, fault.New(codes.InvalidArgument, "INVALID_USER", "the metadata entry "+rest.UserKey+" is no UserRef with a subject")
	}
	return user, nil
}

// guardHTTP puts the token before a handler that is served over HTTP alone.
func (t token) guardHTTP(next http.Handler) http.Handler {
	if !t.set {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := t.check(r.Header.Get("Authorization")); err != nil {
			rest.WriteError(w, http.StatusUnauthorized, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
