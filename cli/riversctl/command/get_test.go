package command

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	riversv1 "rivers.io/proto/rivers/v1"
)

func TestConfigFields(t *testing.T) {
	for _, test := range []struct {
		reason, want string
		field        *riversv1.ConfigField
	}{
		{
			"all there is", `int, default 15, or $LATE: minutes`,
			&riversv1.ConfigField{Type: "int", Default: structpb.NewNumberValue(15), Env: "LATE", Description: "minutes"},
		},
		{"a secret's default is not shown", `string, secret`, &riversv1.ConfigField{Type: "string", Secret: true, Default: structpb.NewStringValue("x")}},
		{"the type alone", `bool`, &riversv1.ConfigField{Type: "bool"}},
	} {
		if got := configField(test.field); got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
}

func TestRetries(t *testing.T) {
	for _, test := range []struct {
		reason, want string
		policy       *riversv1.RetryPolicy
	}{
		{"none are not told", "", nil},
		{"at once", "1 time", &riversv1.RetryPolicy{MaxRetries: 1}},
		{
			"all there is", "6 times, waiting 3s (exponential), on transient",
			&riversv1.RetryPolicy{MaxRetries: 6, On: []string{"transient"}, Backoff: &riversv1.Backoff{Kind: "exponential", Base: durationpb.New(3 * time.Second)}},
		},
	} {
		if got := retries(test.policy); got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
}
