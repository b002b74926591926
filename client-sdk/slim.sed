# What librond.so does without of the code that protoc-c has made (docs/decisions/0020). None of it changes what is sent.
# A function for each message that sets it to its defaults: protobuf-c reads them from the descriptor then. Its protobuf_c_message_init()
# calls that function and may not be used any more (message_reset in client_activity.c).
s/(ProtobufCMessageInit) rond__.*__init/NULL/
# The words of enumerations: no field of them is told by name.
/PROTOBUF_C_TYPE_ENUM/,/descriptor/s/&rond__.*__descriptor/NULL/
# The empty text that strings begin as: one in the library needs no relocation by name, of 24 bytes for each field.
s/&protobuf_c_empty_string/""/
