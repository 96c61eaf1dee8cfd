package asset

// The limits of declarations. Past one of them Resolve reports a problem that
// names it.
const (
	// MaxNameLen is the longest name of an asset or group, in bytes (D-3).
	MaxNameLen = 200
	// MaxAssets is the most assets of one pipeline.
	MaxAssets = 100_000
	// MaxInputs is the most inputs of one asset.
	MaxInputs = 1_000
	// MaxDescriptionLen is the longest description, in bytes.
	MaxDescriptionLen = 64 << 10
	// MaxLabels is the most kinds, tags, owners, resources or config fields of
	// one asset, each counted by itself.
	MaxLabels = 100
	// MaxLabelLen is the longest kind, tag, owner, handler or metadata key, in
	// bytes.
	MaxLabelLen = 200
	// MaxMetadata is the most metadata entries of one asset.
	MaxMetadata = 200
	// MaxMetadataLen is the longest metadata value, in bytes.
	MaxMetadataLen = 64 << 10
	// MaxRetries is the most retries that a policy may grant.
	MaxRetries = 1_000
	// MaxWaits is the most entries of a fixed backoff and of a retry-on list.
	MaxWaits = 1_000
)
