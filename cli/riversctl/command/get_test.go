package command

import (
	"testing"

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
