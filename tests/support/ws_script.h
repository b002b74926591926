// What a WebSocket client sends, frame by frame, as a line of text, and what came back as another: for tables of cases.
//
// A script is tokens between blanks. A token is a frame: its opcode, flags, payload.
//   opcode   t text   b binary   c continuation   x close   p ping   o pong   #7 that number
//            r a Received of ours (binary)   h a Hello of ours whose `client` is the payload
//   flags    +        not the last of its message          ~     without a mask         &     masked by zeros
//            ^4       reserved bits, as a number of three bits
//            >2 >8    the length in 2 or 8 bytes, though fewer would do
//            !N       announces N bytes, whatever follows; 2^32 and more may be said
//   payload  nothing, or any of: 125 (so many bytes), 'text', =c3a5 (bytes in hex), *9 (nine asterisks)
//            x1000    a close code; more of the payload may follow
//            b200     a Hello of ours of exactly so many bytes, or the next so many of the one that m:300 made before;
//            c200     likewise
// or one of:
//   m:300   makes a Hello of 300 bytes, for the b and c that follow
//   =8105   bytes as they are, no frame
//   /5      from here on five bytes in a TLS record; /0: everything at once
//   @200    waits so many milliseconds
//   w       reads until Welcome
//   9(...)  the tokens in the brackets nine times
//   .       nothing is asked at the end; else a ping, whose pong says that the connection is "open"
//
// What came, in its order: W Welcome, P3 a pong with the payload of the script's third ping (P? with another),
// R102 Refusal, C1002 Close, E the end without Close, open, silent (nothing in ten seconds). Other frames of ours are passed
// over.
#ifndef SUPPORT_WS_SCRIPT_H
#define SUPPORT_WS_SCRIPT_H

#include "support/rondd.h"

enum { WS_SEEN_SIZE = 512 };

// On a connection that stands and has said nothing yet. Aborts the test where the script is not understood.
void ws_script_play(struct handset *handset, const char *script, char ret_seen[WS_SEEN_SIZE]);

// A Hello of this handset of exactly `size` bytes, filled up with a field that nobody knows. False where it is too small.
bool ws_script_hello(struct handset *handset, size_t size, struct buffer *ret_frame);

#endif
