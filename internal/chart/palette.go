package chart

import (
	"cmp"
	"image"
	"image/color"
	"maps"
	"slices"
)

// fewColours stores an image with a palette, which takes a quarter of the room: a chart has a dozen colours, and no eye tells more than
// sixteen steps of how one of them covers a pixel at its edge.
func fewColours(from image.Image) *image.Paletted {
	bounds := from.Bounds()
	pixels := map[color.NRGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			pixels[coarse(from.At(x, y))]++
		}
	}
	// The frequent ones, and in an order that is the same each time.
	all := slices.SortedFunc(maps.Keys(pixels), func(a, b color.NRGBA) int {
		return cmp.Or(pixels[b]-pixels[a], cmp.Compare(number32(a), number32(b)))
	})
	palette := color.Palette{}
	for _, c := range all[:min(len(all), 256)] {
		palette = append(palette, c)
	}
	to, index := image.NewPaletted(bounds, palette), map[color.NRGBA]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := coarse(from.At(x, y))
			i, known := index[c]
			if !known {
				i = uint8(palette.Index(c))
				index[c] = i
			}
			to.SetColorIndex(x, y, i)
		}
	}
	return to
}

// coarse rounds a colour to sixteen steps of opacity, and to as many of each hue as such opacity lets anybody see.
func coarse(c color.Color) color.NRGBA {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	step := func(v uint8, of int) uint8 { return uint8(min((int(v)+of/2)/of*of, 255)) }
	n.A = step(n.A, 17)
	if n.A == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{R: step(n.R, 8), G: step(n.G, 8), B: step(n.B, 8), A: n.A}
}

func number32(c color.NRGBA) uint32 {
	return uint32(c.R)<<24 | uint32(c.G)<<16 | uint32(c.B)<<8 | uint32(c.A)
}
