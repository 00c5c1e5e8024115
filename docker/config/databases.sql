CREATE DATABASE denro_auth;
CREATE DATABASE denro_events;
