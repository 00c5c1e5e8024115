//! OCPP-J: the frames, the call/response machine and the generated message types.
