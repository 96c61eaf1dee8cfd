package partition

import "github.com/RoaringBitmap/roaring/v2/roaring64"

// Set is a compressed set of ordinals of one key space. The zero Set is empty.
// Methods that return a Set leave their receivers unchanged.
type Set struct{ bits *roaring64.Bitmap }
