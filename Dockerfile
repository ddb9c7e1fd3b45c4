# The two commands in a clean place: docker build -t targeted-lists . && docker run targeted-lists
FROM python:3.13-slim

# make for the commands; git, which the tests ask for the project's files; the browser, which
# draws the page in the tests; ps, which says since when a database is held.
RUN apt-get update \
    && apt-get install -y --no-install-recommends make git chromium fonts-dejavu-core default-jre-headless procps \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /project
COPY . .

# The environment, so that a run begins with the work.
RUN make .venv/dev.stamp

# The tests: docker run targeted-lists make test
CMD ["make", "lists"]
