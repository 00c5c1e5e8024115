//! A stream of bytes to somebody else: a socket, a serial line, or a simulated one.

use tokio::io::{AsyncRead, AsyncWrite};

pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}
