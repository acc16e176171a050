"""Answers every OPTIONS with 200, from the address that was asked: many zones on one machine. Ends with its process."""
import socket

IP_PKTINFO = 8

answering = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
answering.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
answering.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)        # SO_RCVBUFFORCE
answering.bind(("0.0.0.0", 5060))
while True:
    request, asked, _, source = answering.recvmsg(4096, 128)
    lines = [line for line in request.split(b"\r\n") if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
    answering.sendmsg([b"\r\n".join([b"SIP/2.0 200 OK", *lines, b"Content-Length: 0", b"", b""])],
                      [(level, kind, b"\0\0\0\0" + address[8:12] + address[8:12]) for level, kind, address in asked], 0, source)
