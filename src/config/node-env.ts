// graphql reads NODE_ENV once, when it is loaded. In development mode it compares class names in each instanceOf check, which
// slows every query down. So src/main.ts imports this file before any other.
process.env.NODE_ENV ||= 'production';
