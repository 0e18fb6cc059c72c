/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people write by hand: read a frame with VideoCapture, find all faces with YuNet at 640 px,
 * align each by its five points, embed each, compare each with every reference.
 *
 * plain_loop clip IN OUT FRAMES [W H]      a recording looped and scaled to 720p MJPEG
 * plain_loop run CLIP REFERENCE THREADS [FACES]
 *     REFERENCE: a recording whose person is reference 0; 299 more are drawn at random.
 *     FACES: "frame x y w h cosine faces" of the widest face in the middle third, a line each.
 */
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <opencv2/core/ocl.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

extern "C" {
#include <libavformat/avformat.h>
}

namespace
{

constexpr int DETECT_WIDTH = 640;
constexpr int QUALITY = 85; // of JPEGs: 60 KB for a frame of 720p
constexpr int FPS = 30;
constexpr int REFERENCES = 300;
constexpr int DIMENSION = 128;
constexpr int ENROL_AT = 5; // frames into the reference
constexpr float SCORE = 0.7f;
constexpr float OVERLAP = 0.3f;

struct face {
	cv::Rect2f box;
	float score;
	cv::Point2f points[5];
};

struct loop {
	cv::dnn::Net yunet;
	cv::dnn::Net embedder;
	std::vector<cv::String> names;
	cv::Mat references; // one row each
	double decode_ms = 0;
	double detect_ms = 0;
	double embed_ms = 0;
};

[[noreturn]] void die(const std::string &what)
{
	(void)std::fprintf(stderr, "plain_loop: %s\n", what.c_str());
	std::exit(1);
}

double cpu_ms()
{
	timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double now_ms()
{
	using namespace std::chrono;

	return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

cv::VideoCapture open_clip(const char *path)
{
	cv::VideoCapture clip(path);

	if (!clip.isOpened()) {
		die(std::string(path) + ": cannot be opened");
	}
	return clip;
}

void decode_stride(const std::vector<cv::Mat> &out, size_t at, int stride, int columns, int rows,
	std::vector<face> &faces)
{
	const float *cls = out[at].ptr<float>(), *obj = out[at + 1].ptr<float>();
	const float *box = out[at + 2].ptr<float>(), *kps = out[at + 3].ptr<float>();

	for (int cell = 0; cell < columns * rows; cell++) {
		float score = std::sqrt(
			std::clamp(cls[cell], 0.f, 1.f) * std::clamp(obj[cell], 0.f, 1.f));
		float column = (float)(cell % columns), row = (float)(cell / columns);
		const float *b = box + 4 * (size_t)cell;
		face f;

		if (score < SCORE) {
			continue;
		}
		f.score = score;
		f.box.width = std::exp(b[2]) * (float)stride;
		f.box.height = std::exp(b[3]) * (float)stride;
		f.box.x = (column + b[0]) * (float)stride - f.box.width / 2;
		f.box.y = (row + b[1]) * (float)stride - f.box.height / 2;
		for (int i = 0; i < 5; i++) {
			f.points[i].x = (column + kps[10 * (size_t)cell + 2 * i]) * (float)stride;
			f.points[i].y = (row + kps[10 * (size_t)cell + 2 * i + 1]) * (float)stride;
		}
		faces.push_back(f);
	}
}

std::vector<face> detect(loop &l, const cv::Mat &frame)
{
	const float scale = (float)frame.cols / DETECT_WIDTH;
	cv::Mat small, padded, blob;
	std::vector<cv::Mat> out;
	std::vector<face> found, kept;

	cv::resize(frame, small, cv::Size(DETECT_WIDTH, (int)((float)frame.rows / scale)));
	cv::copyMakeBorder(
		small, padded, 0, (32 - small.rows % 32) % 32, 0, 0, cv::BORDER_CONSTANT);
	cv::dnn::blobFromImage(padded, blob);
	l.yunet.setInput(blob);
	l.yunet.forward(out, l.names);
	for (size_t i = 0; i < 3; i++) {
		int stride = 8 << i;

		decode_stride(
			out, 4 * i, stride, padded.cols / stride, padded.rows / stride, found);
	}
	std::sort(found.begin(), found.end(),
		[](const face &a, const face &b) { return a.score > b.score; });
	for (face &f : found) {
		bool hidden = std::any_of(kept.begin(), kept.end(), [&](const face &better) {
			float both = (f.box & better.box).area();

			return both > OVERLAP * (f.box.area() + better.box.area() - both);
		});

		if (!hidden) {
			kept.push_back(f);
		}
	}
	for (face &f : kept) {
		f.box = cv::Rect2f(f.box.x * scale, f.box.y * scale, f.box.width * scale,
			f.box.height * scale);
		for (cv::Point2f &point : f.points) {
			point *= scale;
		}
	}
	return kept;
}

/* The similarity of least squares from five points to the reference chip's. */
cv::Mat align(const cv::Point2f *points)
{
	static const cv::Point2f chip[5] = {{38.2946f, 51.6963f}, {73.5318f, 51.5014f},
		{56.0252f, 71.7366f}, {41.5493f, 92.3655f}, {70.7299f, 92.2041f}};
	cv::Point2f from(0, 0), to(0, 0);
	float dot = 0, cross = 0, spread = 0;

	for (int i = 0; i < 5; i++) {
		from += points[i] / 5.f;
		to += chip[i] / 5.f;
	}
	for (int i = 0; i < 5; i++) {
		cv::Point2f p = points[i] - from, q = chip[i] - to;

		dot += p.dot(q);
		cross += (float)p.cross(q);
		spread += p.dot(p);
	}
	float a = dot / spread, b = cross / spread;

	return (cv::Mat_<float>(2, 3) << a, -b, to.x - a * from.x + b * from.y, b, a,
		to.y - b * from.x - a * from.y);
}

cv::Mat embed(loop &l, const cv::Mat &frame, const face &f)
{
	cv::Mat chip, blob, out;

	cv::warpAffine(frame, chip, align(f.points), cv::Size(112, 112));
	cv::dnn::blobFromImage(chip, blob, 1 / 127.5, cv::Size(), cv::Scalar::all(127.5), true);
	l.embedder.setInput(blob);
	out = l.embedder.forward().reshape(1, 1).clone();
	return out / cv::norm(out);
}

const face *subject_of(const std::vector<face> &faces, int width)
{
	const face *widest = nullptr;

	for (const face &f : faces) {
		float middle = f.box.x + f.box.width / 2;

		if (middle >= 0.33f * (float)width && middle < 0.67f * (float)width &&
			(!widest || f.box.width > widest->box.width)) {
			widest = &f;
		}
	}
	return widest;
}

void enrol(loop &l, const char *path)
{
	cv::VideoCapture clip = open_clip(path);
	std::mt19937 random(7);
	std::normal_distribution<float> normal;
	cv::Mat frame;
	std::vector<face> faces;

	for (int i = 0; i <= ENROL_AT && clip.read(frame); i++) {
	}
	faces = detect(l, frame);
	const face *subject = subject_of(faces, frame.cols);
	if (!subject) {
		die(std::string(path) + ": nobody to enrol");
	}
	l.references.create(REFERENCES, DIMENSION, CV_32F);
	for (int i = 0; i < REFERENCES; i++) {
		cv::Mat row = l.references.row(i);

		for (int k = 0; k < DIMENSION; k++) {
			row.at<float>(k) = normal(random);
		}
		row /= cv::norm(row);
	}
	embed(l, frame, *subject).copyTo(l.references.row(0));
}

void load(loop &l, int threads)
{
	const char *folder = std::getenv("POSTERN_MODELS");

	if (!folder) {
		die("POSTERN_MODELS is not set");
	}
	cv::setNumThreads(threads);
	cv::ocl::setUseOpenCL(false);
	l.yunet = cv::dnn::readNetFromONNX(
		std::string(folder) + "/face_detection_yunet_2023mar.onnx");
	l.embedder = cv::dnn::readNetFromONNX(std::string(folder) + "/mobilefacenet.onnx");
	for (const char *stride : {"8", "16", "32"}) {
		for (const char *name : {"cls_", "obj_", "bbox_", "kps_"}) {
			l.names.push_back(std::string(name) + stride);
		}
	}
}

int run(const char *path, const char *reference, int threads, const char *faces_path)
{
	loop l;
	cv::Mat frame, scores;
	int frames = 0;
	FILE *list = faces_path ? std::fopen(faces_path, "w") : nullptr;

	if (faces_path && !list) {
		die(std::string(faces_path) + ": cannot be written");
	}
	load(l, threads);
	enrol(l, reference); // warms both nets up, too
	cv::VideoCapture clip = open_clip(path);
	double begun_cpu = cpu_ms(), begun = now_ms(), mark = begun;
	auto lap = [&](double &sum) {
		double now = now_ms();

		sum += now - mark;
		mark = now;
	};
	while (clip.read(frame)) {
		lap(l.decode_ms);
		std::vector<face> faces = detect(l, frame);
		const face *subject = subject_of(faces, frame.cols);

		lap(l.detect_ms);
		for (const face &f : faces) {
			scores = l.references * embed(l, frame, f).t();
			if (list && &f == subject) {
				(void)std::fprintf(list, "%d %.2f %.2f %.2f %.2f %.5f %zu\n",
					frames, f.box.x, f.box.y, f.box.width, f.box.height,
					scores.at<float>(0), faces.size());
			}
		}
		lap(l.embed_ms);
		frames++;
	}
	double ms = now_ms() - begun, cpu = cpu_ms() - begun_cpu;

	if (list && std::fclose(list) != 0) {
		die(std::string(faces_path) + ": cannot be written");
	}
	(void)std::printf("{\"frames\": %d, \"seconds\": %.6f, \"cpu_seconds\": %.6f, "
			  "\"decode_ms\": %.4f, \"detect_ms\": %.4f, "
			  "\"embed_ms\": %.4f}\n",
		frames, ms / 1000, cpu / 1000, l.decode_ms / frames, l.detect_ms / frames,
		l.embed_ms / frames);
	return 0;
}

/* An AVI of JPEGs, 4:2:0, as a USB camera sends them. */
struct recording {
	AVFormatContext *file = nullptr;
	AVPacket *packet = av_packet_alloc();
	int64_t frames = 0;
};

void begin(recording &r, const char *path, cv::Size size)
{
	if (avformat_alloc_output_context2(&r.file, nullptr, "avi", path) < 0) {
		die("no AVI writer");
	}
	AVStream *stream = avformat_new_stream(r.file, nullptr);

	stream->time_base = {1, FPS};
	stream->avg_frame_rate = {FPS, 1};
	stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
	stream->codecpar->codec_id = AV_CODEC_ID_MJPEG;
	stream->codecpar->width = size.width;
	stream->codecpar->height = size.height;
	stream->codecpar->format = AV_PIX_FMT_YUVJ420P;
	if (avio_open(&r.file->pb, path, AVIO_FLAG_WRITE) < 0 ||
		avformat_write_header(r.file, nullptr) < 0) {
		die(std::string(path) + ": cannot be written");
	}
}

void add(recording &r, const cv::Mat &frame)
{
	std::vector<uchar> jpeg;

	cv::imencode(".jpg", frame, jpeg, {cv::IMWRITE_JPEG_QUALITY, QUALITY});
	if (av_new_packet(r.packet, (int)jpeg.size()) < 0) {
		die("no memory");
	}
	std::copy(jpeg.begin(), jpeg.end(), r.packet->data);
	r.packet->pts = r.packet->dts = r.frames++;
	r.packet->duration = 1;
	r.packet->flags |= AV_PKT_FLAG_KEY;
	av_packet_rescale_ts(r.packet, {1, FPS}, r.file->streams[0]->time_base);
	if (av_interleaved_write_frame(r.file, r.packet) < 0) {
		die("the recording cannot be written");
	}
}

void end(recording &r)
{
	if (av_write_trailer(r.file) < 0 || avio_closep(&r.file->pb) < 0) {
		die("the recording cannot be written");
	}
	avformat_free_context(r.file);
	av_packet_free(&r.packet);
}

int make_clip(const char *from, const char *to, int frames, cv::Size size)
{
	recording out;
	cv::Mat frame, scaled;

	begin(out, to, size);
	while (out.frames < frames) {
		cv::VideoCapture clip = open_clip(from);
		int64_t before = out.frames;

		while (out.frames < frames && clip.read(frame)) {
			cv::resize(frame, scaled, size, 0, 0, cv::INTER_CUBIC);
			add(out, scaled);
		}
		if (out.frames == before) {
			die(std::string(from) + ": holds no frame");
		}
	}
	end(out);
	return 0;
}

} // namespace

int main(int argc, char **argv)
{
	const std::string what = argc > 1 ? argv[1] : "";

	if (what == "clip" && (argc == 5 || argc == 7)) {
		return make_clip(argv[2], argv[3], std::atoi(argv[4]),
			argc == 7 ? cv::Size(std::atoi(argv[5]), std::atoi(argv[6]))
				  : cv::Size(1280, 720));
	}
	if (what == "run" && (argc == 5 || argc == 6)) {
		return run(argv[2], argv[3], std::atoi(argv[4]), argc == 6 ? argv[5] : nullptr);
	}
	(void)std::fprintf(stderr, "usage: plain_loop clip IN OUT FRAMES [WIDTH HEIGHT]\n"
				   "       plain_loop run CLIP REFERENCE THREADS [FACES]\n");
	return 2;
}
