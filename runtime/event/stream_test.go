package event

import "testing"

func TestIsAssetStream(t *testing.T) {
	t.Parallel()
	for stream, want := range map[string]bool{
		AssetStream("a"): true, AssetStream("asset:"): true, "asset:": false, "asset": false, "": false,
		"01a203a3-aaaf-78f8-b5b2-a4b632efe5a1": false,
	} {
		if got := IsAssetStream(stream); got != want {
			t.Errorf("%q: %v, want %v", stream, got, want)
		}
	}
}
