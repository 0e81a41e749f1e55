// Package network is a bad network on the loopback: it loses, doubles, delays and misorders the packets that a sender gives to
// a [Link], as a [Model] says and in the same way for the same seed. It says what it did to each, so that a judge knows what a
// receiver could have got.
//
// Only media is harmed (RTP and RTCP, by their first byte as in RFC 7983): a call whose handshake is lost is no call.
package network
